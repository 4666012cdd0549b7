//! A simulator of an Ollama server.
