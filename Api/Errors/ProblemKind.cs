namespace Wyckoff.Api.Errors;

/// <summary>A way in which a request can fail. Its type, a path of this service, stays what it is: programs may go by it.</summary>
public sealed record ProblemKind(string Name, int Status, string Title, string Meaning)
{
    public string Type => "/problems/" + Name;
}
