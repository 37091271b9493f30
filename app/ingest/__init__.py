"""The only writer: fetch what the sources say, record it, and let the headline follow."""
