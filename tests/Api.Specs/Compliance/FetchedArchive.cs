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

    /// <summary>
    /// Whether the local entries fill the file from its first byte to the directory: what a reader needs that sees the
    /// archive as a stream.
    /// </summary>
    public bool IsCleanStream()
    {
        const int headerLength = 30;
        const int descriptorLength = 16;
        var at = 0;
        using var zip = new ZipArchive(new MemoryStream(bytes));
        foreach (var entry in zip.Entries)
        {
            if (!bytes.AsSpan(at).StartsWith("PK\u0003\u0004"u8))
                return false;

            var hasDescriptor = (bytes[at + 6] & 8) != 0;
            var (name, extra) = (BitConverter.ToUInt16(bytes, at + 26), BitConverter.ToUInt16(bytes, at + 28));
            at += headerLength + name + extra + (int)entry.CompressedLength + (hasDescriptor ? descriptorLength : 0);
        }

        return bytes.AsSpan(at).StartsWith("PK\u0001\u0002"u8);
    }

    public string Text(string name)
    {
        using var zip = new ZipArchive(new MemoryStream(bytes));
        using var reader = new StreamReader(zip.GetEntry(name)!.Open());
        return reader.ReadToEnd();
    }
}
