"""Languages that a file name may hold, `tides.fr.md`, where no settings say which there are."""

#: Languages in which newsletters are written; rarer codes may well be a part of a name (`crates.io.md`).
COMMON_LANGUAGES = frozenset({
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "gl", "he", "hi",
    "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nb", "nl", "nn", "pl", "pt", "pt-br", "pt-BR", "ro", "ru",
    "sk", "sl", "sr", "sv", "th", "tr", "uk", "ur", "vi", "zh", "zh-cn", "zh-CN", "zh-tw", "zh-TW",
})  # fmt: skip
