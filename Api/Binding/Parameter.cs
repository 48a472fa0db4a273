namespace Wyckoff.Api.Binding;

/// <summary>A parameter of an endpoint, declared once: what is read by <see cref="RequestReader"/>, and what the OpenAPI document says of it.</summary>
public abstract record Parameter(string Name, string Description)
{
    public bool InPath { get; init; }

    public bool Required { get; init; }

    /// <summary>string, integer, number or boolean.</summary>
    public string Type { get; init; } = "string";

    /// <summary>What it may be, where that is a closed list.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    public long? Minimum { get; init; }

    public long? Maximum { get; init; }

    /// <summary>What it is when nobody says, as text.</summary>
    public string? Default { get; init; }

    public string? Example { get; init; }
}

public sealed record Parameter<T>(string Name, string Description, Parameter<T>.Reader Read) : Parameter(Name, Description)
{
    /// <returns>Null when the text was understood; otherwise what is wrong with it, as a sentence.</returns>
    public delegate string? Reader(string text, out T value);
}
