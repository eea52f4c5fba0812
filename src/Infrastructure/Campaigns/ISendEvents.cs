namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>What lanes tell of their mails.</summary>
internal interface ISendEvents
{
    /// <summary>The ledger knows the outcome.</summary>
    void Told(Outcome outcome);

    /// <summary>The ledger said no.</summary>
    void Refused(QueuedMail mail, Permission permission);

    /// <summary>It was given back as it was.</summary>
    void Dropped(QueuedMail mail);

    /// <summary>So many of its mails cost too much that it is the template, and not somebody's data.</summary>
    void TooCostly(ActiveCampaign campaign);

    /// <summary>The recipient's server says that there is no such mailbox.</summary>
    Task NoSuchMailbox(QueuedMail mail);
}
