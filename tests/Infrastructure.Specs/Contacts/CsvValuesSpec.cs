using SchemaHub.Infrastructure.Contacts;

namespace SchemaHub.Infrastructure.Specs.Contacts;

public sealed class CsvValuesSpec
{
    [TestCase("2024-03-01", "2024-03-01T00:00:00.000000")]
    [TestCase("2024-03-01 10:00", "2024-03-01T10:00:00.000000")]
    [TestCase("2024-03-01 10:00:59", "2024-03-01T10:00:59.000000")]
    [TestCase("2024-03-01T10:00:59Z", "2024-03-01T10:00:59.000000")]
    [TestCase("2024-03-01t10:00:59.123456z", "2024-03-01T10:00:59.123456")]
    [TestCase("2024-03-01 10:00:59.123456789", "2024-03-01T10:00:59.123456")]
    [TestCase("2024-03-01 10:00:59 UTC", "2024-03-01T10:00:59.000000")]
    [TestCase("2024-03-01T10:00:59+02:00", "2024-03-01T08:00:59.000000")]
    [TestCase("2024-03-01T00:30+0530", "2024-02-29T19:00:00.000000")]
    [TestCase("2024-03-01 10:00:59-08", "2024-03-01T18:00:59.000000")]
    [TestCase("2021-05-13 09:24:52.123456 +0000 UTC", "2021-05-13T09:24:52.123456")]
    [TestCase("2021-05-13 09:24:52.1 +0530 IST", "2021-05-13T03:54:52.100000")]
    [TestCase("2021-05-13 09:24:52 +0000 +0000", "2021-05-13T09:24:52.000000")]
    [TestCase("1990-01-01", "1990-01-01T00:00:00.000000")]
    public void An_instant_is_read_in_UTC(string text, string utc)
    {
        CsvValues.TryReadInstant(text, out var instant).ShouldBeTrue();
        instant.Offset.ShouldBe(TimeSpan.Zero);
        instant.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", null).ShouldBe(utc);
        (instant.Ticks % 10).ShouldBe(0);
    }

    [TestCase("")]
    [TestCase("never")]
    [TestCase("2024")]
    [TestCase("03/04/2024")]
    [TestCase("25/12/2023")]
    [TestCase("01.03.2024")]
    [TestCase("1 Mar 2024")]
    [TestCase("20240301")]
    [TestCase("1709287200")]
    [TestCase("2024-02-30")]
    [TestCase("2024-13-01")]
    [TestCase("2024-3-1")]
    [TestCase("2024-03-01T")]
    [TestCase("2024-03-01 10")]
    [TestCase("2024-03-01 25:00")]
    [TestCase("2024-03-01 10:00:61")]
    [TestCase("2024-03-01X10:00")]
    [TestCase("2024-03-01 10:00 CET")]
    [TestCase("2024-03-01 10:00 PM")]
    [TestCase("2024-03-01 10:00+15:00")]
    [TestCase("2024-03-01 10:00+2")]
    [TestCase("2024-03-01 10:00 +xx:00")]
    [TestCase("0000-00-00 00:00:00")]
    [TestCase("0001-01-01 00:00:00 +0000 UTC")]
    [TestCase("1970-01-01 00:00:00")]
    [TestCase("1989-12-31 23:59:59")]
    [TestCase("9999-12-31 23:59:59-14:00")]
    public void What_is_not_one_certain_instant_is_not_read(string text) =>
        CsvValues.TryReadInstant(text, out _).ShouldBeFalse();

    [TestCase("192.0.2.1", "192.0.2.1")]
    [TestCase("0.0.0.0", "0.0.0.0")]
    [TestCase("2001:DB8:0:0:0:0:0:1", "2001:db8::1")]
    [TestCase("2001:0db8::00ff", "2001:db8::ff")]
    [TestCase("::1", "::1")]
    [TestCase("::ffff:192.0.2.7", "192.0.2.7")]
    public void An_IP_address_is_normalized(string text, string normalized)
    {
        CsvValues.TryReadIp(text, out var ip).ShouldBeTrue();
        ip.ShouldBe(normalized);
    }

    [TestCase("1")]
    [TestCase("192.0.2")]
    [TestCase("192.0.2.256")]
    [TestCase("192.0.02.1")]
    [TestCase("0x7f.0.0.1")]
    [TestCase("192.0.2.1:80")]
    [TestCase("192.0.2.1, 192.0.2.2")]
    [TestCase("[2001:db8::1]")]
    [TestCase("[2001:db8::1]:80")]
    [TestCase("fe80::1%eth0")]
    [TestCase("fe80::1%1")]
    [TestCase("2001:db8::1/64")]
    [TestCase("2001:db8::zzzz")]
    [TestCase("localhost")]
    [TestCase("unknown")]
    public void What_is_not_one_IP_address_is_not_read(string text) => CsvValues.TryReadIp(text, out _).ShouldBeFalse();
}
