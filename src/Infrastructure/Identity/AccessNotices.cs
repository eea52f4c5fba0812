using System.Security.Cryptography;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>
/// What nodes tell each other: which accounts, organizations, roles, keys and sessions changed. Sent in the
/// transaction of the change, so that it is heard if and only if it happened. PostgreSQL lets every login listen to
/// and send on every channel whose name it knows: the name is a secret of the installation, and a notice is encrypted
/// and authenticated, so that it tells a stranger nothing and a stranger's is recognized.
/// </summary>
internal sealed class AccessNotices
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int StreamBytes = 16;

    // PostgreSQL takes less than 8,000 bytes; more streams than this are told as "everything".
    private const int MostStreams = 200;

    private readonly byte[] _key;

    /// <param name="keys">Every node of an installation has the same.</param>
    public AccessNotices(KeyRing keys)
    {
        _key = keys.Derive("access notices: payload");
        Channel = $"schemahub_{Convert.ToHexStringLower(keys.Derive("access notices: channel", bytes: 16))}";
    }

    /// <summary>PostgreSQL's channel, of one database. Nobody without the keys knows it.</summary>
    public string Channel { get; }

    /// <summary>The streams of a batch that somebody may remember something of.</summary>
    public static IReadOnlyList<Guid> Of(IReadOnlyList<RecordedEvent> events)
    {
        List<Guid>? changed = null;
        foreach (var recorded in events)
        {
            // Nobody remembers anything of what did not exist.
            if (recorded.Version > 1 && Concerns(recorded.Data) && changed?.Contains(recorded.Stream) is not true)
                (changed ??= []).Add(recorded.Stream);
        }

        return changed ?? [];
    }

    /// <summary>Adds the notice of a batch, if it needs one.</summary>
    public void AddTo(NpgsqlBatch batch, IReadOnlyList<RecordedEvent> events)
    {
        var changed = Of(events);
        if (changed.Count > 0)
            batch.Add(
                "select pg_notify($1, $2)",
                new NpgsqlParameter<string> { TypedValue = Channel },
                new NpgsqlParameter<string> { TypedValue = PayloadOf(changed) }
            );
    }

    /// <summary>The statement that says that anything may have changed.</summary>
    public string Everything() => $"notify {Channel}, '{PayloadOf([])}'";

    /// <summary>As sent; no streams stand for all of them.</summary>
    public string PayloadOf(IReadOnlyList<Guid> streams)
    {
        var told = streams.Count > MostStreams ? [] : streams;
        var plain = new byte[told.Count * StreamBytes];
        for (var i = 0; i < told.Count; i++)
            told[i].TryWriteBytes(plain.AsSpan(i * StreamBytes));

        var notice = new byte[NonceBytes + plain.Length + TagBytes];
        var nonce = notice.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(_key, TagBytes);
        cipher.Encrypt(nonce, plain, notice.AsSpan(NonceBytes, plain.Length), notice.AsSpan(^TagBytes..));
        return Convert.ToBase64String(notice);
    }

    /// <summary>As heard: the streams, none for all of them; null where no node of ours has sent it.</summary>
    public IReadOnlyList<Guid>? Read(string payload)
    {
        var notice = new byte[payload.Length];
        if (
            !Convert.TryFromBase64String(payload, notice, out var length)
            || length < NonceBytes + TagBytes
            || (length - NonceBytes - TagBytes) % StreamBytes != 0
        )
            return null;

        var plain = new byte[length - NonceBytes - TagBytes];
        try
        {
            using var cipher = new AesGcm(_key, TagBytes);
            cipher.Decrypt(
                notice.AsSpan(0, NonceBytes),
                notice.AsSpan(NonceBytes, plain.Length),
                notice.AsSpan(length - TagBytes, TagBytes),
                plain
            );
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        return [.. plain.Chunk(StreamBytes).Select(stream => new Guid(stream))];
    }

    private static bool Concerns(object happened) =>
        happened is UserEvent or OrganizationEvent or RoleEvent or ApiKeyEvent or SessionEvent;
}
