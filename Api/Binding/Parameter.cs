namespace Wyckoff.Api.Binding;

/// <summary>A parameter of an endpoint. <see cref="RequestReader"/> reads requests by it, and the OpenAPI document describes it.</summary>
public abstract record Parameter(string Name, string Description)
{
    public bool InPath { get; init; }

    public bool Required { get; init; }

    /// <summary>The JSON type: string, integer, number or boolean.</summary>
    public string Type { get; init; } = "string";

    /// <summary>All valid values, if they are a closed list.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>The name of the choices in the OpenAPI document, where several parameters share them.</summary>
    public string? ChoicesName { get; init; }

    public long? Minimum { get; init; }

    public long? Maximum { get; init; }

    /// <summary>The value that an absent parameter has, as text.</summary>
    public string? Default { get; init; }

    public string? Example { get; init; }
}

/// <summary>A parameter with the type of its values.</summary>
public sealed record Parameter<T>(string Name, string Description, Parameter<T>.Reader Read) : Parameter(Name, Description)
{
    /// <returns>Null if the text is valid; otherwise the error as a sentence.</returns>
    public delegate string? Reader(string text, out T value);
}
