"""When things happen: one flow a file, each a short table of contents."""
