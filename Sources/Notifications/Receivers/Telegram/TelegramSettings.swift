internal import ConfigFile
internal import OutboundHTTP

/// An entry of `telegram_configs`.
struct TelegramSettings: Sendable, Hashable {
    var url: HTTPAddress
    var token: HTTPSecret
    var http: HTTPClientSettings
    /// A number, maybe in a file.
    var chat: HTTPSecret
    /// 0 for none.
    var threadID: Int
    /// A template.
    var message: String
    var isSilent: Bool
    /// `HTML`, `Markdown`, `MarkdownV2` or nothing.
    var parseMode: String
}

extension TelegramSettings {
    init(_ mapping: inout ConfigMapping, _ context: ReceiverContext) throws(ConfigError) {
        url = try context.address(try mapping.address("api_url"), orGlobal: context.global.telegramURL, mapping.node)
        let token = try mapping.secret("bot_token", orFile: "bot_token_file", context.reading) ?? context.global.telegramToken
        http = try context.http(&mapping)
        let id = try mapping.optional("chat_id") { (node) throws(ConfigError) in try node.int() } ?? 0
        let file = try mapping.path("chat_id_file", context.reading)
        threadID = try mapping.optional("message_thread_id") { (node) throws(ConfigError) in try node.int() } ?? 0
        message = try mapping.text("message", default: "{{ template \"telegram.default.message\" . }}")
        isSilent = try mapping.flag("disable_notifications")
        parseMode = try mapping.text("parse_mode", default: "HTML")
        if id == 0, file == nil { throw mapping.node.error("missing chat_id or chat_id_file on telegram_config") }
        if id != 0, file != nil {
            throw mapping.error(atKey: "chat_id_file", "at most one of chat_id & chat_id_file must be configured")
        }
        chat = file.map { .file(path: $0) } ?? .literal(String(id))
        guard ["", "Markdown", "MarkdownV2", "HTML"].contains(parseMode) else {
            throw mapping.error(
                atKey: "parse_mode", "unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string")
        }
        guard let token else { throw mapping.node.error("missing bot_token or bot_token_file on telegram_config") }
        self.token = token
    }
}
