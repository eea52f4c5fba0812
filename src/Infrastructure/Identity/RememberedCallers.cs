using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>What a caller shows, without being it: a hash of a secret, or a session's id.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CredentialId(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>Of a secret's SHA-256.</summary>
    public static CredentialId Of(ReadOnlySpan<byte> hash) =>
        new(
            BitConverter.ToUInt64(hash),
            BitConverter.ToUInt64(hash[8..]),
            BitConverter.ToUInt64(hash[16..]),
            BitConverter.ToUInt64(hash[24..])
        );

    /// <summary>Of a session's id: half of it is nothing, which no hash is.</summary>
    public static CredentialId Of(Guid session)
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        session.TryWriteBytes(bytes);
        return Of(bytes);
    }
}

/// <summary>
/// Callers found a while ago. Nothing that began before a notice is kept after it, whichever way the two cross.
/// </summary>
/// <param name="most">How many are kept; of more, those not asked for lately go.</param>
internal sealed class RememberedCallers(int most)
{
    private readonly Lock _gate = new();
    private readonly HashSet<Lookup> _underWay = [];
    private volatile ConcurrentDictionary<CredentialId, KnownCaller> _young = new();
    private volatile ConcurrentDictionary<CredentialId, KnownCaller> _old = new();

    // Counting a concurrent dictionary takes all its locks.
    private int _youngCount;

    /// <summary>What is remembered, or null.</summary>
    public KnownCaller? Find(CredentialId id)
    {
        if (_young.TryGetValue(id, out var known))
            return known;

        if (!_old.ContainsKey(id))
            return null;

        // Not without the gate: a notice in between would be undone.
        lock (_gate)
        {
            if (_old.TryRemove(id, out known))
                Put(id, known);

            return known ?? _young.GetValueOrDefault(id);
        }
    }

    /// <summary>A look-up begins: from now on it is told of notices.</summary>
    public Lookup Begin()
    {
        var lookup = new Lookup();
        lock (_gate)
            _underWay.Add(lookup);

        return lookup;
    }

    /// <summary>It is over, and what it found is kept unless a notice came meanwhile.</summary>
    public void End(Lookup lookup, CredentialId id, KnownCaller? found)
    {
        lock (_gate)
        {
            _underWay.Remove(lookup);
            if (found is not null && !lookup.IsOvertaken(found))
                Put(id, found);
        }
    }

    /// <summary>These streams changed: whatever follows from them is forgotten.</summary>
    public void Forget(IReadOnlyCollection<Guid> streams)
    {
        lock (_gate)
        {
            foreach (var lookup in _underWay)
                lookup.Notice(streams);

            Forget(_old, streams);
            _youngCount -= Forget(_young, streams);
        }
    }

    /// <summary>Everything is forgotten.</summary>
    public void ForgetAll()
    {
        lock (_gate)
        {
            foreach (var lookup in _underWay)
                lookup.NoticeAll();

            (_young, _old, _youngCount) = (new(), new(), 0);
        }
    }

    // Two halves: what is asked for moves to the young one, and the old one is dropped when the young one is full.
    private void Put(CredentialId id, KnownCaller known)
    {
        if (_youngCount >= most / 2)
            (_old, _young, _youngCount) = (_young, new(), 0);

        if (_young.TryAdd(id, known))
            _youngCount++;
        else
            _young[id] = known;
    }

    private static int Forget(
        ConcurrentDictionary<CredentialId, KnownCaller> remembered,
        IReadOnlyCollection<Guid> streams
    )
    {
        var forgotten = 0;
        foreach (var (id, known) in remembered)
        {
            if (known.Sources.Any(streams.Contains) && remembered.TryRemove(id, out _))
                forgotten++;
        }

        return forgotten;
    }

    /// <summary>A look-up on its way to the database and back.</summary>
    internal sealed class Lookup
    {
        private readonly HashSet<Guid> _noticed = [];
        private bool _all;

        public void Notice(IEnumerable<Guid> streams) => _noticed.UnionWith(streams);

        public void NoticeAll() => _all = true;

        public bool IsOvertaken(KnownCaller found) => _all || found.Sources.Any(_noticed.Contains);
    }
}
