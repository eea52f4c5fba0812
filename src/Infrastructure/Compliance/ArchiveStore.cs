using System.Security.Cryptography;
using Npgsql;
using SchemaHub.Domain.Compliance;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.Compliance;

/// <summary>
/// Where archives wait to be fetched: in parts, so that none is in memory as a whole, each encrypted with a key of that
/// archive alone, and any node can hand them out.
/// </summary>
internal sealed class ArchiveStore(Installation installation, TimeProvider clock)
{
    /// <summary>Begins an archive; one that was there before goes.</summary>
    public async Task<ArchiveSink> Begin(string tenant, Guid request, CancellationToken cancellation)
    {
        var key = SubjectKey.Create();
        await using var batch = installation.Writer.CreateBatch();
        batch.Add("delete from access.privacy_archives where request_id = $1", Id(request));
        batch.Add(
            """
            insert into access.privacy_archives (request_id, organization_id, made_at, sealed_key)
            values ($1, $2, $3, $4)
            """,
            Id(request),
            new NpgsqlParameter
            {
                NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid,
                Value = Guid.TryParse(tenant, out var organization) ? organization : DBNull.Value,
            },
            new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() },
            new NpgsqlParameter<byte[]> { TypedValue = key.Wrap(installation.Keys, tenant, request) }
        );
        await batch.ExecuteNonQueryAsync(cancellation);
        return new ArchiveSink(installation.Writer, tenant, request, key, cancellation);
    }

    /// <summary>An archive that is whole, from its beginning; null where there is none.</summary>
    public async Task<Stream?> Open(Guid request, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(
            """
            select coalesce(a.organization_id::text, $2), a.sealed_key
            from access.privacy_archives a
            where a.request_id = $1 and a.is_complete
            """
        );
        command.Parameters.Add(Id(request));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Application.Tenant.System });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return null;

        var tenant = reader.GetString(0);
        var key = SubjectKey.Unwrap(installation.Keys, reader.GetFieldValue<byte[]>(1), tenant, request);
        return new ArchiveSource(installation.Writer, tenant, request, key);
    }

    /// <summary>Deletes what was made before an instant.</summary>
    public async Task<int> Purge(DateTimeOffset before, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(
            "delete from access.privacy_archives where made_at < $1"
        );
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = before.ToUniversalTime() });
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    public static NpgsqlParameter<Guid> Id(Guid id) => new() { TypedValue = id };
}

/// <summary>An archive that is being written: cut into parts, encrypted and hashed on the way.</summary>
internal sealed class ArchiveSink(
    NpgsqlDataSource writer,
    string tenant,
    Guid request,
    SubjectKey key,
    CancellationToken cancellation
) : Stream
{
    private const int PartBytes = 256 * 1024;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _part = new byte[PartBytes];
    private readonly MemoryStream _kept = new();
    private int _filled;
    private int _parts;
    private long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _written;

    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException();
    }

    /// <summary>The last part, and that this is all of it.</summary>
    public async Task<HandedOut> Complete()
    {
        await WriteKept();
        await WritePart();
        await using var command = writer.CreateCommand(
            "update access.privacy_archives set is_complete = true where request_id = $1"
        );
        command.Parameters.Add(ArchiveStore.Id(request));
        await command.ExecuteNonQueryAsync(cancellation);
        return new HandedOut(Convert.ToHexStringLower(_hash.GetHashAndReset()), _written);
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer,
        CancellationToken cancellationToken = default
    )
    {
        await WriteKept();
        await Append(buffer);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // A zip closes each file with a few bytes, and does not wait for them: they are kept for the next write.
    public override void Write(byte[] buffer, int offset, int count) => _kept.Write(buffer, offset, count);

    public override void Flush() { }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _hash.Dispose();
        _kept.Dispose();
        base.Dispose(disposing);
    }

    private async Task WriteKept()
    {
        if (_kept.Length == 0)
            return;

        var kept = _kept.ToArray();
        _kept.SetLength(0);
        await Append(kept);
    }

    private async Task Append(ReadOnlyMemory<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var now = Math.Min(buffer.Length, PartBytes - _filled);
            buffer[..now].CopyTo(_part.AsMemory(_filled));
            (_filled, _written) = (_filled + now, _written + now);
            buffer = buffer[now..];
            if (_filled == PartBytes)
                await WritePart();
        }
    }

    private async Task WritePart()
    {
        if (_filled == 0)
            return;

        var plain = _part.AsMemory(0, _filled);
        _hash.AppendData(plain.Span);
        await using var command = writer.CreateCommand(
            "insert into access.privacy_archive_parts (request_id, part, sealed) values ($1, $2, $3)"
        );
        command.Parameters.Add(ArchiveStore.Id(request));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = _parts });
        command.Parameters.Add(
            new NpgsqlParameter<byte[]> { TypedValue = key.SealPart(plain.Span, tenant, request, _parts) }
        );
        await command.ExecuteNonQueryAsync(cancellation);
        (_filled, _parts) = (0, _parts + 1);
    }
}

/// <summary>An archive that is being read, part by part.</summary>
internal sealed class ArchiveSource(NpgsqlDataSource writer, string tenant, Guid request, SubjectKey key) : Stream
{
    private ReadOnlyMemory<byte> _rest;
    private int _parts;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_rest.IsEmpty)
            _rest = await ReadPart(cancellationToken);

        var now = Math.Min(buffer.Length, _rest.Length);
        _rest[..now].CopyTo(buffer);
        _rest = _rest[now..];
        return now;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Read asynchronously.");

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private async Task<ReadOnlyMemory<byte>> ReadPart(CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            "select p.sealed from access.privacy_archive_parts p where p.request_id = $1 and p.part = $2"
        );
        command.Parameters.Add(ArchiveStore.Id(request));
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = _parts });
        var part = await command.ExecuteScalarAsync(cancellation) is byte[] found
            ? key.OpenPart(found, tenant, request, _parts)
            : [];
        _parts++;
        return part;
    }
}
