using SchemaHub.Infrastructure.Identity;

namespace SchemaHub.Infrastructure.Specs.Identity;

public sealed class RememberedCallersSpec
{
    private static readonly Guid Ann = Guid.CreateVersion7();
    private static readonly Guid Bob = Guid.CreateVersion7();

    [Test]
    public void What_was_found_is_kept()
    {
        var remembered = new RememberedCallers(most: 10);
        var ann = Caller(Ann);

        remembered.End(remembered.Begin(), Id(1), ann);

        remembered.Find(Id(1)).ShouldBeSameAs(ann);
        remembered.Find(Id(2)).ShouldBeNull();
    }

    [Test]
    public void A_notice_forgets_what_follows_from_it_and_nothing_else()
    {
        var remembered = new RememberedCallers(most: 10);
        remembered.End(remembered.Begin(), Id(1), Caller(Ann));
        remembered.End(remembered.Begin(), Id(2), Caller(Bob));

        remembered.Forget([Ann]);

        remembered.Find(Id(1)).ShouldBeNull();
        remembered.Find(Id(2)).ShouldNotBeNull();
    }

    [Test]
    public void A_look_up_that_began_before_a_notice_is_not_kept_after_it()
    {
        var remembered = new RememberedCallers(most: 10);
        var (ofAnn, ofBob) = (remembered.Begin(), remembered.Begin());

        remembered.Forget([Ann]);
        remembered.End(ofAnn, Id(1), Caller(Ann));
        remembered.End(ofBob, Id(2), Caller(Bob));

        remembered.Find(Id(1)).ShouldBeNull();
        remembered.Find(Id(2)).ShouldNotBeNull();
    }

    [Test]
    public void Nothing_that_began_before_everything_was_forgotten_is_kept()
    {
        var remembered = new RememberedCallers(most: 10);
        remembered.End(remembered.Begin(), Id(1), Caller(Ann));
        var underWay = remembered.Begin();

        remembered.ForgetAll();
        remembered.End(underWay, Id(2), Caller(Bob));

        remembered.Find(Id(1)).ShouldBeNull();
        remembered.Find(Id(2)).ShouldBeNull();
    }

    [Test]
    public void Memory_is_bounded_and_who_is_asked_for_stays()
    {
        var remembered = new RememberedCallers(most: 100);
        remembered.End(remembered.Begin(), Id(0), Caller(Ann));
        for (ulong i = 1; i <= 1_000; i++)
        {
            remembered.End(remembered.Begin(), Id(i), Caller(Bob));
            remembered.Find(Id(0)).ShouldNotBeNull();
        }

        var kept = 0;
        for (ulong i = 0; i <= 1_000; i++)
            kept += remembered.Find(Id(i)) is null ? 0 : 1;

        kept.ShouldBeInRange(50, 100);
        remembered.Forget([Ann]);
        remembered.Find(Id(0)).ShouldBeNull();
    }

    private static CredentialId Id(ulong number) => new(number, 0, 0, 0);

    private static KnownCaller Caller(Guid user) =>
        new(user, Session: null, Guid.CreateVersion7(), null, null, Application.Access.Access.Nothing, Until: null)
        {
            Sources = [user],
        };
}
