using System.Text.Json;

namespace Wyckoff.Tests.Api.OpenApi;

/// <summary>Tests that the schema check finds invalid values.</summary>
public sealed class DocumentSchemasTests
{
    private const string Document = """
        {
          "components": {
            "schemas": {
              "Bar": {
                "type": "object", "required": ["at"],
                "properties": {
                  "at": { "type": "string", "format": "date-time" },
                  "count": { "type": ["null", "integer"], "format": "int32" },
                  "next": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Bar" }] }
                }
              }
            }
          }
        }
        """;

    private const string Bars =
        """{ "type": "object", "properties": { "bars": { "type": "array", "items": { "$ref": "#/components/schemas/Bar" } } } }""";

    [Theory]
    [InlineData("""{"bars":[]}""", true)]
    [InlineData(
        """{"bars":[{"at":"2024-01-02T14:30:00Z","count":null,"next":{"at":"2024-01-02T14:30:00.25+02:00","count":2147483647}}]}""",
        true
    )]
    [InlineData("""{"bars":[{"count":1}]}""", false)]
    [InlineData("""{"bars":[{"at":"yesterday"}]}""", false)]
    [InlineData("""{"bars":[{"at":"2024-01-02T14:30:00Z","count":2147483648}]}""", false)]
    [InlineData("""{"bars":[{"at":"2024-01-02T14:30:00Z","count":1.5}]}""", false)]
    [InlineData("""{"bars":[{"at":"2024-01-02T14:30:00Z","colour":"red"}]}""", false)]
    [InlineData("""{"bars":[{"at":"2024-01-02T14:30:00Z","next":{"colour":"red"}}]}""", false)]
    [InlineData("""{"bars":[],"other":1}""", false)]
    public void Only_valid_values_have_no_errors(string value, bool isValid)
    {
        var schemas = new DocumentSchemas(JsonDocument.Parse(Document).RootElement);
        var errors = schemas.Errors(JsonDocument.Parse(Bars).RootElement, JsonDocument.Parse(value).RootElement);
        Assert.Equal(isValid, errors.Count == 0);
    }
}
