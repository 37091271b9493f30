"""`python -m tests.web.signs`: draws the pictures by which other sites and phones show this one, from its
icon, in a real Chromium. They are kept in app/web/static: drawn again only when the icon changes.
"""

from __future__ import annotations

from playwright.sync_api import Browser, sync_playwright

from app.web.assets import FOLDER
from tests.web.test_pages_in_browser import launch

ICON = (FOLDER / "favicon.svg").read_text(encoding="utf-8")

CARD = f"""<!doctype html><style>
body {{ margin: 0; width: 1200px; height: 630px; display: grid; place-content: center; justify-items: center;
  gap: 24px; background: #fbfaf7; color: #14181f; letter-spacing: -0.02em;
  font: 600 96px "DejaVu Sans", sans-serif; }}
svg {{ width: 200px; height: 200px; }}
p {{ margin: 0; color: #4b5563; font-size: 40px; font-weight: 400; letter-spacing: 0; }}
</style>{ICON}<div>Silkrate</div><p>KGS · KZT · TJS · UZS · TMT / USD</p>"""

TOUCH = f"""<!doctype html><style>
body {{ margin: 0; }}
svg {{ display: block; width: 180px; height: 180px; }}
</style>{ICON}"""


def draw(browser: Browser, html: str, name: str, width: int, height: int) -> None:
    """One picture of so many pixels."""
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_content(html)
    page.screenshot(path=FOLDER / name)
    page.close()


if __name__ == "__main__":
    with sync_playwright() as playwright:
        browser = launch(playwright)
        draw(browser, CARD, "card.png", 1200, 630)
        draw(browser, TOUCH, "touch.png", 180, 180)
        browser.close()
