"""One function a question: it reads a view of the store at an instant and gives a frozen answer."""
