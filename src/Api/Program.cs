using Npgsql;
using SchemaHub.Api;
using SchemaHub.Infrastructure.Database;

var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
await using var installation = await Installation.Open(
    new NpgsqlConnectionStringBuilder(configuration["SCHEMAHUB_DATABASE"]),
    configuration["SCHEMAHUB_KEYS"] ?? "keys",
    CancellationToken.None
);
await using var app = ApiHost.Create(installation, ApiOptions.Load(configuration));
await app.RunAsync();
return 0;
