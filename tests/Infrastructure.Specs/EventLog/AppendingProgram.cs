using System.Diagnostics;
using System.Globalization;
using System.Text;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>
/// Another process that puts people on a list, withdraws for them and erases some, and writes down every answer, on
/// disk, as soon as it has it: until it is killed.
/// </summary>
internal sealed class AppendingProgram : IDisposable
{
    public const string Verb = "append";
    public const int Callers = 6;

    private const int CommandsPerPerson = 3;

    private readonly Process _process;
    private readonly string _answers;

    private AppendingProgram(Process process, string answers) => (_process, _answers) = (process, answers);

    public static async Task<AppendingProgram> Start(TestService service, Guid organization, string round)
    {
        var answers = Path.Combine(service.Installation.Keys.Directory, $"answers-{round}");
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var process = Process.Start(
            new ProcessStartInfo(
                dotnet,
                [
                    "exec",
                    typeof(AppendingProgram).Assembly.Location,
                    Verb,
                    service.ConnectionString,
                    service.Installation.Keys.Directory,
                    organization.ToString(),
                    round,
                    answers,
                ]
            )
            {
                UseShellExecute = false,
            }
        )!;
        var program = new AppendingProgram(process, answers);
        await program.HasAnswered(bytes: 1);
        return program;
    }

    /// <summary>Waits until that much was answered and written down.</summary>
    public async Task HasAnswered(long bytes)
    {
        while (!File.Exists(_answers) || new FileInfo(_answers).Length < bytes)
        {
            _process.HasExited.ShouldBeFalse("the program ended before it had answered");
            await Task.Delay(1);
        }
    }

    /// <summary>What the callers do, in turn: the same every time, to be repeated after the crash.</summary>
    public static ICommand Command(string round, int caller, int step, long contact) =>
        (step % CommandsPerPerson) switch
        {
            0 => new AddContact(
                string.Create(CultureInfo.InvariantCulture, $"p{round}-{caller}-{step}@example.org"),
                "Ann",
                Consent: new ConsentInput()
            ),
            1 => new WithdrawConsent(contact),
            _ when step % 2 == 0 => new EraseContact(contact),
            _ => new ChangeContact(contact, "Changed", Metadata: null),
        };

    public static string Key(string round, int caller, int step) =>
        string.Create(CultureInfo.InvariantCulture, $"{round}-{caller}-{step}");

    /// <summary>Bytes that were answered and written down.</summary>
    public long Answered => new FileInfo(_answers).Length;

    /// <summary>As <c>kill -STOP</c> does it: the process stands still wherever it is.</summary>
    public void Stop() => Signal("-STOP");

    /// <summary>The process goes on as if nothing had been.</summary>
    public void Continue() => Signal("-CONT");

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        kill.ExitCode.ShouldBe(0);
    }

    /// <summary>As <c>kill -9</c> does it; answers what the callers were told, in order, by caller.</summary>
    public Dictionary<int, List<Position>> Kill()
    {
        _process.Kill();
        _process.WaitForExit();
        var told = Enumerable.Range(0, Callers).ToDictionary(caller => caller, _ => new List<Position>());
        var lines = File.ReadAllText(_answers).Split('\n');
        // The last piece is empty, or an answer that was being written down.
        foreach (var line in lines[..^1])
        {
            var parts = line.Split(' ');
            told[int.Parse(parts[0], CultureInfo.InvariantCulture)]
                .Add(new Position(Guid.Parse(parts[1]), Number(parts[2]), Number(parts[3]), Number(parts[4])));
        }

        return told;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();

        _process.Dispose();
    }

    /// <summary>What runs in the other process.</summary>
    public static async Task<int> Run(string[] arguments)
    {
        var (organization, round) = (Guid.Parse(arguments[3]), arguments[4]);
        await using var service = await TestService.Start(arguments[1], arguments[2]);
        await using var answers = new FileStream(arguments[5], FileMode.Create, FileAccess.Write, FileShare.Read);
        await Task.WhenAll(
            Enumerable
                .Range(0, Callers)
                .Select(async caller =>
                {
                    var contact = 0L;
                    for (var step = 0; ; step++)
                    {
                        var position = await service.Send(
                            organization,
                            Command(round, caller, step, contact),
                            context => context with { IdempotencyKey = Key(round, caller, step) }
                        );
                        contact = position.Number;
                        lock (answers)
                            Write(answers, caller, position);
                    }
                })
        );
        return 0;
    }

    private static void Write(FileStream answers, int caller, Position told)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{caller} {told.Stream} {told.Version} {told.Sequence} {told.Number}\n"
        );
        answers.Write(Encoding.UTF8.GetBytes(line));
        answers.Flush(flushToDisk: true);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
