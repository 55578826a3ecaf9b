internal import CommandLineClient

/// Selectors for the shell to complete with, from the server that the command line so far names.
enum LogCompletion {
    /// A selector for each service, or whatever else tells streams apart best.
    static func selectors(_ words: [String]) async -> [String] {
        guard let client = TraceCompletion.client(words) else { return [] }
        return await LogsCommand.completions(client: client)
    }
}
