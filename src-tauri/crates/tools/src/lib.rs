//! The app's own functions that the model may call.
