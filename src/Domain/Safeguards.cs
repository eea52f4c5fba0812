namespace SchemaHub.Domain;

/// <summary>
/// A fact that protects a person and must survive the loss of the database: a withdrawal, a suppression, an erasure.
/// The log writes it to the outside journal before it commits.
/// </summary>
public interface ISafeguard;

/// <summary>
/// A fact with which the personal data of its stream becomes unreadable: the log destroys the subject's key in the
/// same commit.
/// </summary>
public interface IErasure : ISafeguard;

/// <summary>
/// A fact that the audit tables show, with who did it and from where: everything that people and programs do to
/// accounts, organizations, roles, keys and records. What happens to contacts has its own evidence.
/// </summary>
public interface IAudited;
