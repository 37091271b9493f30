"""Who says it: one upstream a file. Pure: a source names the requests it needs and reads the bytes that
came back.
"""
