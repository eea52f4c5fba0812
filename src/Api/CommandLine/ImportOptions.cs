using System.CommandLine;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Api.CommandLine;

/// <summary>What <c>contacts import</c> is told.</summary>
internal static class ImportOptions
{
    public static Argument<FileInfo> File { get; } =
        (new Argument<FileInfo>("file") { Description = "A CSV file." }).AcceptExistingOnly();

    public static Option<ContactFileFormat?> Format { get; } =
        new("--format") { Description = "Told from the header unless named." };

    public static Option<string?> Encoding { get; } =
        new("--encoding") { Description = "UTF-8 unless named, such as windows-1252." };

    public static Option<string> Purpose { get; } =
        new("--purpose")
        {
            Description = "What the file's consents are for.",
            DefaultValueFactory = _ => Purposes.Newsletter,
        };

    public static Option<string?> Basis { get; } =
        new("--basis")
        {
            Description =
                "Subscribe rows without an opt-in time, too, on this basis: consent, contract or legitimate_interest.",
        };

    public static Option<FileInfo> Wording { get; } =
        (
            new Option<FileInfo>("--wording")
            {
                Description = "A text file with the words people were shown; required with --basis.",
            }
        ).AcceptExistingOnly();

    public static Option<string?> Language { get; } = new("--language") { Description = "Of the wording, such as en." };

    public static Option<FileInfo> Rejects { get; } =
        new("--rejects") { Description = "Where rows that cannot be taken go; beside the file unless named." };
}
