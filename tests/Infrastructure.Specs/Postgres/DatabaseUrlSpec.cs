using Npgsql;
using SchemaHub.Infrastructure.Postgres;

namespace SchemaHub.Infrastructure.Specs.Postgres;

[TestFixture]
public sealed class DatabaseUrlSpec
{
    [Test]
    public void A_url_names_user_password_host_port_and_database()
    {
        var parsed = DatabaseUrl.Parse("postgres://ann:secret@db.example.org:6432/hub");
        parsed.ConnectionString.ShouldBe("Username=ann;Password=secret;Host=db.example.org;Port=6432;Database=hub");
    }

    [Test]
    public void The_smallest_url_is_a_host() =>
        DatabaseUrl.Parse("postgresql://localhost").ConnectionString.ShouldBe("Host=localhost");

    [TestCase("postgres://a%40b:p%2F%3F%23%25%3Bw@h/d%20b", "a@b", "p/?#%;w", "d b")]
    [TestCase("POSTGRESQL://ann:a@b:c@h/d", "ann", "a@b:c", "d")]
    [TestCase("postgres://ann:w+x@h/d", "ann", "w+x", "d")]
    public void Percent_encoding_is_undone(string url, string user, string password, string database)
    {
        var parsed = DatabaseUrl.Parse(url);
        parsed.Username.ShouldBe(user);
        parsed.Password.ShouldBe(password);
        parsed.Database.ShouldBe(database);
        // And it survives the way through a connection string.
        new NpgsqlConnectionStringBuilder(parsed.ConnectionString).Password.ShouldBe(password);
    }

    [Test]
    public void An_IPv6_host_stands_in_brackets()
    {
        var parsed = DatabaseUrl.Parse("postgres://ann@[::1]:5433/hub");
        parsed.Host.ShouldBe("::1");
        parsed.Port.ShouldBe(5433);
    }

    [TestCase("disable", SslMode.Disable)]
    [TestCase("require", SslMode.Require)]
    [TestCase("verify-ca", SslMode.VerifyCA)]
    [TestCase("verify-full", SslMode.VerifyFull)]
    public void Parameters_have_their_libpq_names(string mode, SslMode expected)
    {
        var parsed = DatabaseUrl.Parse(
            $"postgres://h/d?sslmode={mode}&application_name=my%20hub&connect_timeout=7&maximum_pool_size=9"
        );
        parsed.SslMode.ShouldBe(expected);
        parsed.ApplicationName.ShouldBe("my hub");
        parsed.Timeout.ShouldBe(7);
        parsed.MaxPoolSize.ShouldBe(9);
    }

    [Test]
    public void The_host_may_be_a_parameter_as_for_a_socket_folder() =>
        DatabaseUrl.Parse("postgres:///hub?host=%2Frun%2Fpostgresql&user=ann").Host.ShouldBe("/run/postgresql");

    [Test]
    public void An_Npgsql_string_is_taken_as_it_is()
    {
        var parsed = DatabaseUrl.Parse(" Host=h;Port=5433;Username=ann;Password=\"a;b=c\";SSL Mode=VerifyFull ");
        parsed.Password.ShouldBe("a;b=c");
        parsed.Port.ShouldBe(5433);
        parsed.SslMode.ShouldBe(SslMode.VerifyFull);
    }

    [TestCase("", "it is empty")]
    [TestCase("postgres://ann:topsecret@:5432/d", "no host")]
    [TestCase("postgres://ann:topsecret@h:99999/d", "port")]
    [TestCase("postgres://ann:topsecret@h:x1/d", "port")]
    [TestCase("postgres://ann:topsecret@h1,h2/d", "host")]
    [TestCase("postgres://ann:topsecret@::1/d", "host")]
    [TestCase("postgres://ann:top%secret@h/d", "password has a %")]
    [TestCase("postgres://ann:top/secret@h/d", "%2F")]
    [TestCase("postgres://ann:topsecret@h/d?sslmode=maybe", "parameter 'sslmode' has a value")]
    [TestCase("postgres://ann:topsecret@h/d?sslmod=require", "parameter 'sslmod' is unknown")]
    [TestCase("postgres://ann:topsecret@h/d?sslmode", "parameter 'sslmode' has no value")]
    [TestCase("mysql://ann:topsecret@h/d", "scheme")]
    [TestCase("topsecret", "neither a URL nor")]
    [TestCase("Username=ann;Password=topsecret", "no Host")]
    [TestCase("Host=h;Prt=1;Password=topsecret", "keyword 'prt' is unknown")]
    [TestCase("Host=h;Port=topsecret", "keyword 'port' has a value")]
    [TestCase("Host=h;Password=a;topsecret=b", "behind the password")]
    [TestCase("Host=h;Password=a;topsecret", "neither a URL nor")]
    public void What_cannot_be_read_is_named_without_the_password(string address, string part)
    {
        var error = Should.Throw<FormatException>(() => DatabaseUrl.Parse(address));
        error.Message.ShouldStartWith("SCHEMAHUB_DATABASE cannot be read: ");
        error.Message.ShouldContain(part);
        error.ToString().ShouldNotContain("secret");
    }
}
