"""How the page's own components come to their scripts."""


def brought(name: str, then: str) -> str:
    """Script text that brings a module of `ui/assets` and calls `then` with it as `house`.

    The whole address, since Chromium keeps such texts ready to run together with the place they first ran at, which may
    be another Firstframe in the same tab.
    """
    return f"import(`${{location.origin}}/house/{name}.js`).then(house => {then})"
