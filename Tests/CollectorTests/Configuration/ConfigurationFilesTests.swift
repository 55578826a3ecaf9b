internal import ConfigFile
internal import Foundation
internal import Scraping
internal import Testing

@testable internal import Collector
@testable internal import OutboundHTTP

/// A folder of its own with files in it, removed at the end.
private func withFiles(_ files: [String: String], _ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "perch-configuration-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files {
        let url = folder.appending(path: name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }
    try body(folder.path)
}

@Suite("Configuration files")
struct ConfigurationFilesTests {
    @Test func jobsOfFurtherFilesAreAppended() throws {
        let files = [
            "perch.yml": "global: {scrape_interval: 7s}\nscrape_config_files: [more/*.yml]\nscrape_configs: [{job_name: a}]\n",
            "more/1.yml": "scrape_configs: [{job_name: b, bearer_token_file: t}]\n",
            "more/2.yml": "scrape_configs:\n",
        ]
        try withFiles(files) { folder in
            let configuration = try CollectorConfiguration.load(path: "\(folder)/perch.yml", environment: [:])
            #expect(configuration.scrapeJobs.map(\.job.name) == ["a", "b"])
            #expect(configuration.scrapeJobs[1].job.intervalMilliseconds == 7_000)
            #expect(configuration.scrapeJobs[1].job.client.referencedFiles == ["\(folder)/more/t"])
        }
    }

    @Test func faultsOfFurtherFilesNameThem() throws {
        let files = [
            "perch.yml": "scrape_config_files: [more/*.yml]\nscrape_configs: [{job_name: a}]\n",
            "more/1.yml": "scrape_configs:\n  - job_name: a\n",
        ]
        try withFiles(files) { folder in
            let error = #expect(throws: ConfigError.self) { try CollectorConfiguration.load(path: "\(folder)/perch.yml", environment: [:]) }
            #expect(error?.description == "\(folder)/more/1.yml:2:15: the job name \"a\" is already taken at \(folder)/perch.yml:2")
        }
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: ConfigError.self) { try CollectorConfiguration.load(path: "/nowhere/perch.yml", environment: [:]) }
        #expect(error?.description == "/nowhere/perch.yml:1:1: there is no such file")
    }

    @Test func referencedFilesAreChecked() throws {
        let files = [
            "perch.yml": """
            rule_files: [rules.yml, none/*.yml, there.yml]
            scrape_configs:
              - job_name: a
                bearer_token_file: token
                tls_config: {ca_file: there.yml}
                file_sd_configs: [{files: [good.json, bad.yml, none.yml]}]
            """,
            "there.yml": "", "good.json": "[]", "bad.yml": "- targets: 5\n",
        ]
        try withFiles(files) { folder in
            let faults = try CollectorConfiguration.load(path: "\(folder)/perch.yml", environment: [:]).checkReferencedFiles()
            #expect(
                faults == [
                    "\(folder)/rules.yml: this rule file does not exist",
                    "\(folder)/token: needed by job \"a\" and cannot be read",
                    "\(folder)/bad.yml:1:12: expected a list, found a string",
                ]
            )
        }
    }
}
