//! PDF and images: power of attorney, seals, photo and video checks.
