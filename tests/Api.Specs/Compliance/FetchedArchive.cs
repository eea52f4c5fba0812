using System.IO.Compression;
using System.Security.Cryptography;

namespace SchemaHub.Api.Specs.Compliance;

/// <summary>An archive of a person, as it was fetched.</summary>
internal sealed class FetchedArchive(byte[] bytes)
{
    public string Sha256 { get; } = Convert.ToHexStringLower(SHA256.HashData(bytes));

    public IEnumerable<string> Names
    {
        get
        {
            using var zip = new ZipArchive(new MemoryStream(bytes));
            return [.. zip.Entries.Select(entry => entry.FullName)];
        }
    }

    public string Text(string name)
    {
        using var zip = new ZipArchive(new MemoryStream(bytes));
        using var reader = new StreamReader(zip.GetEntry(name)!.Open());
        return reader.ReadToEnd();
    }
}
