using System.Security.Cryptography;
using SchemaHub.Faults;

try
{
    var options = FaultOptions.Parse(args, RandomNumberGenerator.GetInt32(1, 1_000_000));
    return await new Driver(options).Run() ? 0 : 1;
}
catch (FormatException wrong)
{
    Console.Error.WriteLine($"{wrong.Message}\n\n{FaultOptions.Usage}");
    return 2;
}
