internal import TelemetryModel

extension LogsCommand {
    /// Labels that tell services apart, the best first.
    private static let serviceLabels = ["service_name", "service", "app", "job", "container"]

    /// Selectors for a shell to complete with: `{service_name="orders"}`. Empty where the server does not answer: nobody reads an error there.
    public static func completions(client: PerchClient) async -> [String] {
        do throws(ClientError) {
            let names = try await client.logNames()
            guard let label = serviceLabels.first(where: { names.contains($0) }) ?? names.first else { return [] }
            return try await client.logNames(valuesOf: label).map { "{\(label)=\(quoted($0))}" }
        } catch {
            return []
        }
    }
}
