using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Linkerd.Tcp.Hosting;
using Microsoft.AspNetCore.Http;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>
/// A list of the state of the proxy, as JSON. An answer holds one page of items, or, if it is sorted, the items up to its last one; it is written piece by piece, as fast as the client reads it.
/// </summary>
/// <param name="items">Enumerates the items.</param>
/// <param name="toDocument">Makes the document of an item.</param>
/// <param name="form">The form of the document.</param>
/// <typeparam name="T">The items.</typeparam>
/// <typeparam name="TDocument">Their documents.</typeparam>
internal sealed class StateList<T, TDocument>(Func<IEnumerable<T>> items, Func<T, TDocument> toDocument, JsonTypeInfo<TDocument> form)
{
    private const int Piece = 16 * 1024;

    /// <summary>Gets or sets the filters by name: true for an item that a value fits. They throw <see cref="InvalidValueException"/>.</summary>
    public IReadOnlyDictionary<string, Func<string, Func<T, bool>>> Filters { get; init; } = new Dictionary<string, Func<string, Func<T, bool>>>();

    /// <summary>Gets or sets the numbers to sort by, by name.</summary>
    public IReadOnlyDictionary<string, Func<T, double>> Sorts { get; init; } = new Dictionary<string, Func<T, double>>();

    /// <summary>Answers a request.</summary>
    /// <exception cref="InvalidValueException">The query is not valid.</exception>
    public async Task WriteAsync(HttpContext context)
    {
        var query = ListQuery.Read(context.Request.Query, [.. Filters.Keys], [.. Sorts.Keys]);
        var filters = query.Filters.Select(filter => Filters[filter.Name](filter.Value)).ToArray();
        var (page, total) = Find(query, item => Array.TrueForAll(filters, filter => filter(item)));
        var response = context.Response;
        response.ContentType = "application/json";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return;
        }

        var writer = new Utf8JsonWriter(response.BodyWriter);
        await using (writer.ConfigureAwait(false))
        {
            writer.WriteStartObject();
            writer.WriteNumber("total", total);
            writer.WriteNumber("offset", query.Offset);
            writer.WriteNumber("limit", query.Limit);
            writer.WriteStartArray("items");
            foreach (var item in page)
            {
                JsonSerializer.Serialize(writer, toDocument(item), form);
                if (writer.BytesPending + response.BodyWriter.UnflushedBytes > Piece)
                {
                    writer.Flush();
                    await response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
                }
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }
    }

    private (IReadOnlyList<T> Page, int Total) Find(ListQuery query, Func<T, bool> fits)
    {
        var total = 0;
        if (query.Sort is null)
        {
            var page = new List<T>();
            foreach (var item in items())
            {
                if (fits(item) && total++ >= query.Offset && page.Count < query.Limit)
                {
                    page.Add(item);
                }
            }

            return (page, total);
        }

        // Those that are last in the order leave first.
        var (key, sign, most) = (Sorts[query.Sort], query.IsDescending ? -1 : 1, query.Offset + query.Limit);
        var first = new PriorityQueue<T, (double, int)>();
        foreach (var item in items())
        {
            if (fits(item))
            {
                first.Enqueue(item, (-sign * key(item), -total++));
                if (first.Count > most)
                {
                    first.Dequeue();
                }
            }
        }

        var sorted = new T[first.Count];
        for (var i = sorted.Length - 1; i >= 0; i--)
        {
            sorted[i] = first.Dequeue();
        }

        return (sorted.Length > query.Offset ? sorted[query.Offset..] : [], total);
    }
}
