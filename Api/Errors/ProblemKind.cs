namespace Wyckoff.Api.Errors;

/// <summary>A kind of failed request. Clients may rely on the name, which never changes.</summary>
public sealed record ProblemKind(string Name, int Status, string Title, string Meaning)
{
    /// <summary>The type of the problem document: a path of this service that describes the kind.</summary>
    public string Type => "/problems/" + Name;
}
