# syntax=docker/dockerfile:1
FROM python:3.12-slim-bookworm AS build
RUN pip install --no-cache-dir 'uv>=0.9'
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev

FROM python:3.12-slim-bookworm
RUN useradd --uid 1000 --create-home firstframe && install -d -o 1000 -g 1000 -m 700 /data
WORKDIR /app
COPY --from=build /app/.venv /app/.venv
COPY app.py pyproject.toml ./
COPY client client
COPY jobs jobs
COPY sandbox sandbox
COPY ui ui
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 \
    GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860 FIRSTFRAME_DATA=/data
USER 1000
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/readyz', timeout=4)"]
CMD ["python", "app.py"]
