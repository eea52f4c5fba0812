using System.Diagnostics;
using Npgsql;
using SchemaHub.Application.Contacts;
using SchemaHub.Testing;

var admin = "Host=127.0.0.1;Port=5599;Username=postgres;Maximum Pool Size=300";
var db = "bench_" + Environment.ProcessId;
await using (var c = new NpgsqlConnection(admin + ";Database=postgres"))
{
    await c.OpenAsync();
    await new NpgsqlCommand("create database " + db, c).ExecuteNonQueryAsync();
}
var keys = "/var/tmp/smoke-keys-" + Environment.ProcessId;
await using var service = await TestService.Start(admin + ";Database=" + db, keys);
var org = await service.CreateOrganization("acme");
var n = 0;
foreach (var callers in new[] { 1, 32, 256, 1, 32, 256 })
{
    var stop = Stopwatch.StartNew();
    var done = 0;
    await Task.WhenAll(
        Enumerable
            .Range(0, callers)
            .Select(_ =>
                Task.Run(async () =>
                {
                    while (stop.ElapsedMilliseconds < 4000)
                    {
                        var i = Interlocked.Increment(ref n);
                        await service.Send(
                            org,
                            new AddContact(
                                $"person{i}@example.org",
                                "Person " + i,
                                Consent: new ConsentInput(
                                    OptedInAt: new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero)
                                )
                            )
                        );
                        Interlocked.Increment(ref done);
                    }
                })
            )
    );
    Console.WriteLine($"append-{callers}: {done / stop.Elapsed.TotalSeconds:F0}/s");
}
return 0;
