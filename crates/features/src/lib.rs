//! What two texts tell beside their cosine: shared rare words, numbers that differ, negation, fields.
//!
//! Pure and linear in the text's length.
