"""Texts as nobody nice would write them: into a prompt, a file name, an element's name, or an answer of the service."""

from typing import Final

ELSEWHERE: Final = "evil.example"
"""Where some of them would have a browser go."""

TEXTS: Final = {
    "image": "<img src=x onerror=alert(1)>",
    "script": "<script>alert(2)</script>",
    "markdown link": "[click](javascript:alert(3))",
    "svg": "<svg onload=alert(4)>",
    "frame": '<iframe srcdoc="<script>parent.alert(5)</script>"></iframe>',
    "anchor": '<a href="javascript:alert(6)">click</a>',
    "markdown image": f"![x](https://{ELSEWHERE}/7.png)",
    "beacon": f'<img src="https://{ELSEWHERE}/8.png">',
    "style": f"<style>* {{ background: url(https://{ELSEWHERE}/9) }}</style>",
    "form": f'<form action="https://{ELSEWHERE}/10"><button autofocus>click</button></form>',
    "formula": r"$\href{javascript:alert(11)}{click}$",
    "mathml": "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(12)&gt;'>",
    "svg link": '<svg><a href="javascript:alert(13)"><text y="9">click</text></a></svg>',
    "single quotes": "' autofocus onfocus='alert(14)' onmouseover='alert(14)",
    "double quotes": '" autofocus onfocus="alert(15)" onmouseover="alert(15)',
    "way out": "</textarea></pre></title></section><img src=x onerror=alert(16)>",
    "comment": "--><img src=x onerror=alert(17)><!--",
    "turned around": "\u202egnp.exe\u202c \u2066left\u2069 \u200fright",
    "very long": "<b onclick=alert(19)>" + "A" * 100_000,
    "for terminals": "\x1b[31mred\x1b[0m \x1b]0;owned\x07 \x9b2J \x00end",
    "forged line": 'fine\r\n{"level": "ERROR", "message": "forged"}\r\nERROR root: forged\u2028forged',
    "hidden": "pay\u200bpal\u200d.\ufeffcom\u2060 \u00adlogin",
    "templates": "{{7*7}} ${alert(23)} <%= 7*7 %> {0} {name} $&",
    "formats": "%s%n%x %(name)s",
    "spreadsheet": f'=HYPERLINK("https://{ELSEWHERE}/25";"click")\t@SUM(1+1)',
    "half a pair": "half \ud800 of <i>a pair</i> \udfff",
}


def storable(text: str) -> str:
    """As a database takes it."""
    return text.encode(errors="ignore").decode()


def file_name(text: str) -> str:
    """As a file system takes it, an ending included."""
    return storable(text).replace("/", "_").replace("\x00", "")[:150] + ".png"
