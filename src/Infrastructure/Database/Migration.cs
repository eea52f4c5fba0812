using System.Security.Cryptography;
using System.Text;

namespace SchemaHub.Infrastructure.Database;

/// <summary>One numbered SQL file.</summary>
internal sealed record Migration(string Schema, string File, string Sql)
{
    public string Name => $"{Schema}/{File}";

    public byte[] Checksum { get; } = SHA256.HashData(Encoding.UTF8.GetBytes(Sql));

    public static Migration Load(string resource)
    {
        using var stream = typeof(Migration).Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var parts = resource.Replace('\\', '/').Split('/');
        return new Migration(parts[^2], parts[^1], reader.ReadToEnd().ReplaceLineEndings("\n"));
    }
}

/// <summary>The database's schema cannot be brought up to date.</summary>
public sealed class MigrationException(string message) : Exception(message);
