using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>
/// The addresses a file has had so far, 8 bytes of each one's SHA-256: 16 MB for a million, among which two different
/// ones look the same with a chance of 1 in 30 million. Past <see cref="MaxCount"/> no more are remembered, and a
/// duplicate is found by whoever keeps the contacts.
/// </summary>
internal sealed class CsvAddressesSeen
{
    private const int MaxCount = 12_000_000;

    // Open addressing: zero is a free slot. A hash set of the same would take twice the memory.
    private ulong[] slots = new ulong[1 << 12];
    private int count;

    /// <summary>Remembers an address together with what was said of it.</summary>
    /// <returns>False when it was remembered already.</returns>
    public bool Add(EmailAddress email, bool isWithdrawal)
    {
        Span<byte> utf8 = stackalloc byte[1024];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        var length = Encoding.UTF8.GetBytes(email.Canonical, utf8);
        utf8[length++] = isWithdrawal ? (byte)1 : (byte)0;
        SHA256.HashData(utf8[..length], hash);
        return Add(BinaryPrimitives.ReadUInt64BigEndian(hash));
    }

    private bool Add(ulong hash)
    {
        var slot = FindSlot(hash);
        if (slots[slot] == hash)
            return false;

        if (count == MaxCount)
            return true;

        slots[slot] = hash;
        count++;
        if (count > slots.Length / 4 * 3)
            Grow();

        return true;
    }

    private int FindSlot(ulong hash)
    {
        var slot = (int)(hash & (ulong)(slots.Length - 1));
        while (slots[slot] != hash && slots[slot] != 0)
            slot = (slot + 1) & (slots.Length - 1);

        return slot;
    }

    private void Grow()
    {
        var old = slots;
        slots = new ulong[old.Length * 2];
        foreach (var hash in old)
        {
            if (hash != 0)
                slots[FindSlot(hash)] = hash;
        }
    }
}
