//! Names and logins: one `parse` each, limits as constants. Comparison folds ASCII only.

/// The most characters of a name (domain.md 1.2).
pub const MAX_NAME: usize = 50;
/// The most characters of a reason, description or message.
pub const MAX_TEXT: usize = 2_000;
/// The most characters of a reason that is kept in the audit (continued with errors, aborted).
pub const MAX_REASON: u32 = 1_000;
/// The most characters of deployment notes.
pub const MAX_NOTES: usize = 20_000;
/// The fewest characters of a password (domain.md 1.9).
pub const MIN_PASSWORD: usize = 12;
/// The most bytes of a password that are hashed.
pub const MAX_PASSWORD: usize = 256;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseNameError {
    /// Nothing was given.
    #[error("a name is needed")]
    Empty,
    /// More than [`MAX_NAME`] characters.
    #[error("a name has at most 50 characters")]
    TooLong,
    /// A control character, a line break or a direction mark.
    #[error("a name has no line breaks or control characters")]
    Control,
}

/// Why a text is not a reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseReasonError {
    /// Nothing was given.
    #[error("Give a reason; it is kept in the audit.")]
    Empty,
    /// More than [`MAX_REASON`] characters.
    #[error("The reason is too long. Keep it within 1,000 characters.")]
    TooLong,
}

/// Checks a reason and trims the blanks around it.
pub fn parse_reason(text: &str) -> Result<String, ParseReasonError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ParseReasonError::Empty);
    }
    if text.chars().count() > MAX_REASON as usize {
        return Err(ParseReasonError::TooLong);
    }
    Ok(text.to_owned())
}

/// Checks a name and trims the blanks around it.
pub fn parse_name(text: &str) -> Result<String, ParseNameError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ParseNameError::Empty);
    }
    if text.chars().count() > MAX_NAME {
        return Err(ParseNameError::TooLong);
    }
    if text.chars().any(is_hidden) {
        return Err(ParseNameError::Control);
    }
    Ok(text.to_owned())
}

/// Characters that a reader cannot see and that change how a text looks.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text by which names are compared and kept unique: ASCII letters in lower case.
pub fn fold(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Why a password is refused (domain.md 6.1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than [`MIN_PASSWORD`] characters.
    #[error("use at least 12 characters")]
    TooShort,
    /// More than [`MAX_PASSWORD`] bytes.
    #[error("use at most 256 characters")]
    TooLong,
    /// No digit, or no lower-case, or no upper-case letter.
    #[error("use at least one digit, one lower-case and one upper-case letter")]
    TooPlain,
}

/// Checks a new password against the policy of domain.md 6.1.
pub fn check_password(password: &str) -> Result<(), PasswordError> {
    if password.chars().count() < MIN_PASSWORD {
        return Err(PasswordError::TooShort);
    }
    if password.len() > MAX_PASSWORD {
        return Err(PasswordError::TooLong);
    }
    let has = |test: fn(char) -> bool| password.chars().any(test);
    if has(|c| c.is_ascii_digit()) && has(char::is_lowercase) && has(char::is_uppercase) {
        Ok(())
    } else {
        Err(PasswordError::TooPlain)
    }
}

/// Compares two names as [`fold`] would, without making new texts.
pub fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    a.bytes()
        .map(|c| c.to_ascii_lowercase())
        .cmp(b.bytes().map(|c| c.to_ascii_lowercase()))
}
