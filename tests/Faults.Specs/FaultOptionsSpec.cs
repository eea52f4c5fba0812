namespace SchemaHub.Faults.Specs;

public sealed class FaultOptionsSpec
{
    [Test]
    public void Without_arguments_it_runs_every_fault_with_the_random_seed()
    {
        var options = FaultOptions.Parse([], randomSeed: 7);
        options.Seed.ShouldBe(7);
        options.Faults.ShouldBe(FaultNames.All);
    }

    [Test]
    public void Arguments_are_taken()
    {
        var options = FaultOptions.Parse(
            ["--seconds", "30", "--seed", "42", "--nodes", "2", "--faults", "kill-node, cut-mail", "--json"],
            randomSeed: 7
        );
        (options.Seconds, options.Seed, options.Nodes, options.IsJson).ShouldBe((30, 42, 2, true));
        options.Faults.ShouldBe([FaultNames.KillNode, FaultNames.CutMail]);
    }

    [TestCase("--seconds")]
    [TestCase("--seconds", "0")]
    [TestCase("--seed", "many")]
    [TestCase("--faults", "flood")]
    [TestCase("--colour", "red")]
    public void What_cannot_be_read_is_named(params string[] arguments) =>
        Should
            .Throw<FormatException>(() => FaultOptions.Parse(arguments, randomSeed: 7))
            .Message.ShouldContain(arguments[0] == "--faults" ? arguments[1] : arguments[0]);
}
