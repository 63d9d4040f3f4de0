//! Models that somebody else trained, from the files they are passed on in: Hugging Face folders
//! (safetensors) and GGUF. Every size and every name in such a file may be a lie and is checked.
