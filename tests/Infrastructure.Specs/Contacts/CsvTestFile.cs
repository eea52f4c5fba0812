using System.Text;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Contacts;

namespace SchemaHub.Infrastructure.Specs.Contacts;

/// <summary>Reads a contact list that a spec wrote down, at noon on the first of January 2026.</summary>
internal static class CsvTestFile
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static Task<List<ContactFileEntry>> Read(string csv, ContactFileFormat? format = null) =>
        Read(Encoding.UTF8.GetBytes(csv), new ContactFileOptions(format));

    public static async Task<List<ContactFileEntry>> Read(byte[] bytes, ContactFileOptions? options = null)
    {
        using var file = new MemoryStream(bytes);
        return await Read(file, options);
    }

    public static async Task<List<ContactFileEntry>> Read(Stream file, ContactFileOptions? options = null)
    {
        var entries = new List<ContactFileEntry>();
        await foreach (
            var entry in new CsvContactReader(new FakeTimeProvider(Noon)).Read(
                file,
                options ?? new ContactFileOptions()
            )
        )
            entries.Add(entry);

        return entries;
    }

    /// <summary>The only row of a file with this header and this row.</summary>
    public static async Task<ContactFileRow> ReadRow(string header, string row, ContactFileFormat? format = null) =>
        (await Read($"{header}\n{row}\n", format)).Skip(1).ShouldHaveSingleItem().ShouldBeOfType<ContactFileRow>();

    /// <summary>Why the only row of a file with this header and this row is rejected.</summary>
    public static async Task<RejectedRow> ReadRejected(string header, string row) =>
        (await Read($"{header}\n{row}\n")).Skip(1).ShouldHaveSingleItem().ShouldBeOfType<RejectedRow>();
}
