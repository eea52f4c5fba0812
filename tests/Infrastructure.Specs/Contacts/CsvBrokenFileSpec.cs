using System.Diagnostics;
using System.Globalization;
using System.Text;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Contacts;

namespace SchemaHub.Infrastructure.Specs.Contacts;

public sealed class CsvBrokenFileSpec
{
    private const string OpenQuote = "A quote is opened on this line and not closed.";

    [TestCase("", "The file is empty.")]
    [TestCase("\n \r\n,,\n", "The file is empty.")]
    [TestCase("ann@example.org,Ann\n", "The first line is not a header that we know")]
    [TestCase("name,phone\nAnn,1\n", "The first line is not a header that we know")]
    [TestCase("email,name,E-Mail\n", "Two columns of the header are \"email\".")]
    [TestCase("email,\"name\" x\n", "A quoted field has something after its quotes.")]
    [TestCase("email,na\u0001me\n", "The header has control characters in it")]
    [TestCase("PK\u0003\u0004\n", "This is a ZIP archive or a spreadsheet")]
    public async Task A_file_without_a_header_that_we_know_is_refused_as_a_whole(string csv, string reason)
    {
        var broken = (await CsvTestFile.Read(csv)).ShouldHaveSingleItem().ShouldBeOfType<BrokenFile>();
        broken.Code.ShouldBe(FileCodes.Header);
        broken.Reason.ShouldStartWith(reason);
    }

    [Test]
    public async Task A_header_of_another_format_than_the_one_named_is_refused()
    {
        var entries = await CsvTestFile.Read("email,name\na@x.org,\n", ContactFileFormat.Mailchimp);
        entries.ShouldHaveSingleItem().ShouldBeOfType<BrokenFile>().Code.ShouldBe(FileCodes.Header);
    }

    [TestCase("b@x.org,\"Bob", 3)]
    [TestCase("b@x.org,\"Bob\n", 3)]
    [TestCase("b@x.org,\"Bob\"\"", 3)]
    [TestCase("b@x.org,\"Bob\nc@x.org,C\n", 3)]
    [TestCase("b@x.org,\"Bob\nc@x.org,C\nd@x.org,\"D\"\ne@x.org,\n", 3)]
    [TestCase("b@x.org,\"Bob\nc@x.org,C\nd@x.org,\"\"\ne@x.org,\n", 3)]
    [TestCase("\"b@x.org\n\",\"Bob\nc@x.org,C\nd@x.org,\"D\"\ne@x.org,\n", 4)]
    public async Task An_unclosed_quote_ends_the_file_on_its_line_and_the_rows_before_it_stand(string rest, long line)
    {
        var entries = await CsvTestFile.Read("email,name\na@x.org,A\n" + rest);

        entries.OfType<ContactFileRow>().Select(row => row.Email.Value).ShouldBe(["a@x.org"]);
        entries[^1].ShouldBe(new BrokenFile(line, FileCodes.Quotes, OpenQuote));
        entries.Count.ShouldBe(3);
    }

    [Test]
    public async Task Bytes_that_are_not_UTF_8_end_the_file_on_their_line()
    {
        var csv = Encoding.Latin1.GetBytes("email,name\na@x.org,A\nb@x.org,\"B\nM\xfcller\"\nc@x.org,C\n");
        var entries = await CsvTestFile.Read(csv);

        entries.OfType<ContactFileRow>().Count().ShouldBe(1);
        var broken = entries[^1].ShouldBeOfType<BrokenFile>();
        (broken.Line, broken.Code).ShouldBe((4, FileCodes.Encoding));
        broken.Reason.ShouldContain("--encoding windows-1252");
    }

    [Test]
    public async Task The_hinted_encoding_reads_the_file()
    {
        var csv = Encoding.Latin1.GetBytes("email,name\nb@x.org,M\xfcller \x80\n");
        var entries = await CsvTestFile.Read(csv, new ContactFileOptions(Encoding: "windows-1252"));
        entries.OfType<ContactFileRow>().Single().Name.ShouldBe("Müller €");
    }

    [Test]
    public async Task Another_encoding_is_read_as_strictly()
    {
        byte[] csv = [.. "email,name\na@x.org,A\nb@x.org,\"B\n"u8, 0xfc, .. "\"\n"u8];
        var entries = await CsvTestFile.Read(csv, new ContactFileOptions(Encoding: "us-ascii"));

        entries.OfType<ContactFileRow>().Count().ShouldBe(1);
        (entries[^1].Line, ((BrokenFile)entries[^1]).Code).ShouldBe((4, FileCodes.Encoding));
    }

    [TestCase("utf-8", "utf-8")]
    [TestCase("utf-16", "utf-16")]
    [TestCase("utf-16", "utf-8")]
    [TestCase("utf-16", "windows-1252")]
    public async Task A_byte_order_mark_and_a_named_encoding_may_both_be_there(string actual, string named)
    {
        var encoding = Encoding.GetEncoding(actual);
        byte[] csv = [.. encoding.GetPreamble(), .. encoding.GetBytes("email,name\na@x.org,Ü\n")];
        var entries = await CsvTestFile.Read(csv, new ContactFileOptions(Encoding: named));
        entries.OfType<ContactFileRow>().Single().Name.ShouldBe("Ü");
    }

    [TestCase("no-such-thing")]
    [TestCase("utf-7")]
    public async Task An_unknown_encoding_is_refused(string name)
    {
        var entries = await CsvTestFile.Read("email\n"u8.ToArray(), new ContactFileOptions(Encoding: name));
        entries.ShouldHaveSingleItem().ShouldBeOfType<BrokenFile>().Code.ShouldBe(FileCodes.Encoding);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task UTF_16_with_a_byte_order_mark_is_read(bool bigEndian)
    {
        var encoding = new UnicodeEncoding(bigEndian, byteOrderMark: true);
        byte[] csv = [.. encoding.GetPreamble(), .. encoding.GetBytes("email;name\na@bücher.example;Ünal 😀\n")];
        var row = (await CsvTestFile.Read(csv)).OfType<ContactFileRow>().Single();
        (row.Email.Value, row.Name).ShouldBe(("a@xn--bcher-kva.example", "Ünal 😀"));
    }

    [Test]
    public async Task UTF_16_without_a_byte_order_mark_is_refused_with_a_hint()
    {
        var entries = await CsvTestFile.Read(Encoding.Unicode.GetBytes("email;name\na@x.org;A\n"));
        entries.ShouldHaveSingleItem().ShouldBeOfType<BrokenFile>().Reason.ShouldContain("--encoding utf-16");
    }

    [Test]
    public async Task A_record_over_256_kB_is_rejected_and_the_next_one_read()
    {
        var entries = await CsvTestFile.Read(
            $"email,note\na@x.org,{new string('x', 262_120)}\nb@x.org,{new string('x', 262_200)}\nc@x.org,\n"
        );

        entries.OfType<ContactFileRow>().Select(row => row.Email.Value).ShouldBe(["a@x.org", "c@x.org"]);
        var rejected = entries.OfType<RejectedRow>().Single();
        (rejected.Line, rejected.Code).ShouldBe((3, RowCodes.TooLong));
    }

    [TestCase("")]
    [TestCase("x@x.org,\"")]
    [TestCase("x@x.org,")]
    public async Task A_line_of_2_GB_is_refused_and_not_held_in_memory(string start)
    {
        await using var file = new EndlessLine("email,note\na@x.org,A\n" + start, 2L << 30);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var watch = Stopwatch.StartNew();
        var entries = await CsvTestFile.Read(file);

        entries.OfType<ContactFileRow>().Count().ShouldBe(1);
        (entries[^1].Line, ((BrokenFile)entries[^1]).Code).ShouldBe((3, FileCodes.TooLong));
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(4_000_000);
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
    }

    [Test]
    public async Task Records_of_commas_and_short_lines_without_end_are_refused_too()
    {
        var commas = await CsvTestFile.Read("email,note\n" + new string(',', 1_000_000));
        commas[^1].ShouldBeOfType<BrokenFile>().Code.ShouldBe(FileCodes.TooLong);

        var lines = string.Concat(Enumerable.Repeat("\"x\ny\",", 200_000));
        (await CsvTestFile.Read("email,note\n" + lines))[^1]
            .ShouldBeOfType<BrokenFile>()
            .Code.ShouldBe(FileCodes.TooLong);
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(4096)]
    public async Task A_stream_that_gives_little_at_a_time_reads_the_same(int chunk)
    {
        var text = new StringBuilder("email,name,note\r\n");
        for (var i = 0; i < 2_000; i++)
            text.Append(CultureInfo.InvariantCulture, $"u{i}@x.org,Ünal \"{i}\" 😀,\"a,\"\"b\"\"\r\n{i}\"\r\n");

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        await using var slow = new SlowStream(bytes, chunk);
        var entries = await CsvTestFile.Read(slow);

        var rows = entries.OfType<ContactFileRow>().ToList();
        rows.Count.ShouldBe(2_000);
        rows[^1].Line.ShouldBe(2 + (2 * 1_999));
        rows[^1].Name.ShouldBe("Ünal \"1999\" 😀");
        rows[^1].Metadata!["note"].ShouldBe("a,\"b\"\r\n1999");
    }

    [Test]
    public async Task Reading_stops_when_it_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        using var file = new MemoryStream("email\na@x.org\nb@x.org\nc@x.org\n"u8.ToArray());
        var rows = 0;
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in new CsvContactReader(TimeProvider.System).Read(file, new(), cancel.Token))
            {
                if (++rows == 2)
                    await cancel.CancelAsync();
            }
        });
        rows.ShouldBe(2);
    }

    private sealed class SlowStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(chunk, buffer.Length)]);
    }

    /// <summary>A start, and then the same letter for as long as asked.</summary>
    private sealed class EndlessLine(string start, long length) : Stream
    {
        private readonly MemoryStream head = new(Encoding.UTF8.GetBytes(start));

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = head.Read(buffer);
            if (read == 0)
            {
                read = (int)Math.Min(buffer.Length, length - Position);
                buffer[..read].Fill((byte)'x');
            }

            Position += read;
            return read;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
