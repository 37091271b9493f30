"""The pages in a real Chromium, beside pages of a newsroom that take what they offer."""

from tests.web.embed.conftest import browser, news, opened, running, service

__all__ = ["browser", "news", "opened", "running", "service"]
