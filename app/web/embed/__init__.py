"""What stands on other people's pages: the widget, and the same for pages without scripts."""
