using System.Reflection;
using System.Text.Json;
using MediatR;

namespace SchemaHub.Application.Jobs;

/// <summary>Every command that may run as a job, by its stored name.</summary>
public sealed class JobTypes
{
    private readonly Dictionary<string, JobType> _byName;
    private readonly Dictionary<Type, JobType> _byCommand;

    /// <param name="assemblies">Where the commands are.</param>
    /// <exception cref="InvalidOperationException">Two commands bear one name, or one is no command.</exception>
    public JobTypes(params Assembly[] assemblies)
    {
        var all = assemblies
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.GetCustomAttribute<JobAttribute>() is not null)
            .Select(JobType.Of)
            .ToList();
        _byCommand = all.ToDictionary(type => type.Command);
        _byName = new(StringComparer.Ordinal);
        foreach (var type in all)
        {
            if (!_byName.TryAdd(type.Name, type))
                throw new InvalidOperationException($"Two commands bear the job name {type.Name}: rename the newer.");
        }
    }

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<JobType> All => _byName.Values;

    /// <summary>The kind of job of a stored name; null where this version does not know it.</summary>
    public JobType? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The kind of job that a command is.</summary>
    /// <exception cref="ArgumentException">Its class bears no <see cref="JobAttribute"/>.</exception>
    public JobType Of(object command) =>
        _byCommand.GetValueOrDefault(command.GetType())
        ?? throw new ArgumentException($"{command.GetType().Name} bears no [Job(\"name\")].", nameof(command));
}

/// <summary>One kind of job.</summary>
public abstract class JobType
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        // What a stored job lacks is found out when it is read, not somewhere in its handler.
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private JobType(Type command)
    {
        Command = command;
        Settings = command.GetCustomAttribute<JobAttribute>()!;
    }

    /// <summary>As stored.</summary>
    public string Name => Settings.Name;

    /// <summary>The class of the command.</summary>
    public Type Command { get; }

    /// <summary>How it is retried.</summary>
    public JobAttribute Settings { get; }

    /// <summary>The command as it is stored.</summary>
    public string ToJson(object command) => JsonSerializer.Serialize(command, Command, Json);

    /// <summary>The command that was stored.</summary>
    /// <exception cref="JsonException">It is not this command's.</exception>
    public object FromJson(string data) =>
        JsonSerializer.Deserialize(data, Command, Json) ?? throw new JsonException("There is no command.");

    /// <summary>Sends a command through the pipeline; answers what it did, in words.</summary>
    public abstract Task<string> Send(IMediator mediator, object command, CancellationToken cancellation);

    internal static JobType Of(Type command)
    {
        var answer =
            command
                .GetInterfaces()
                .Where(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IRequest<>))
                .Select(type => type.GetGenericArguments()[0])
                .SingleOrDefault()
            ?? throw new InvalidOperationException($"{command.Name} bears [Job] and is no command.");
        return (JobType)Activator.CreateInstance(typeof(Answering<>).MakeGenericType(answer), command)!;
    }

    private sealed class Answering<TAnswer>(Type command) : JobType(command)
    {
        public override async Task<string> Send(IMediator mediator, object command, CancellationToken cancellation) =>
            await mediator.Send((IRequest<TAnswer>)command, cancellation) switch
            {
                string words => words,
                Position { Sequence: 0 } => "Nothing had to change.",
                Position position => $"Changed {position.Stream}.",
                _ => "Done.",
            };
    }
}
