"""The answers over HTTP: parameters in, bytes out, and the few pages beside them. No meaning is made here."""
