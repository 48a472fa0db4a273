namespace Wyckoff.Api.Requests;

/// <summary>A parameter that names some of the fields there are.</summary>
public static class FieldList
{
    public static Parameter<IReadOnlyList<string>> Of(IReadOnlyList<string> known) =>
        new(
            "fields",
            $"Only these, of {string.Join(", ", known)}.",
            (string text, out IReadOnlyList<string> value) =>
            {
                value = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Distinct(StringComparer.Ordinal)
                    .ToList();
                var unknown = value.Except(known, StringComparer.Ordinal).Take(5).ToList();
                return value.Count == 0 ? "It names none: a list such as " + string.Join(',', known.Take(2)) + " is expected."
                    : unknown.Count > 0
                        ? $"{string.Join(", ", unknown.Select(Parameters.Quote))}: there is no such field; {string.Join(", ", known)} are expected."
                    : null;
            }
        )
        {
            Example = string.Join(',', known.Take(2)),
        };
}
