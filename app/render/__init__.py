"""From an answer to bytes: JSON, text and CSV, and the words of each language. Pure: the same answer gives
the same bytes.
"""
