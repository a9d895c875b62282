using System.Text;
using Linkerd.Tcp.Hosting.Reading;
using Microsoft.Extensions.Configuration;

namespace Linkerd.Tcp.Hosting.Tests;

public sealed class SectionTreeTests
{
    private static readonly ConfigurationTable Table = new(new InterpreterKinds());

    [Fact]
    public void Read_SectionOfJson_IsReadAsTheFileIs()
    {
        var reading = Read("""
            {
              "graceSecs": 3,
              "routers": [
                { "label": "a", "servers": [ { "port": 7474, "dstName": "/svc/web", "abortOnClose": true } ], "client": { "retries": 2 } },
                { "label": "b", "servers": [ { "port": 7475, "dstName": "9 * web:80 & 1 * canary:80" } ] }
              ]
            }
            """);
        Assert.Empty(reading.Errors.Select(static error => error.ToString()));
        var configuration = reading.Configuration!;
        Assert.Equal(TimeSpan.FromSeconds(3), configuration.Grace);
        Assert.Equal(["a", "b"], configuration.Routers.Select(static router => router.Label));
        Assert.True(configuration.Routers[0].Servers[0].AbortOnClose);
        Assert.Equal(2, configuration.Routers[0].Client.Global.Retries);
        Assert.Equal("9 * /$/inet/web/80 & /$/inet/canary/80", configuration.Routers[1].Servers[0].DstName!.ToString());
    }

    [Fact]
    public void Read_KeysInAnotherCase_AreThoseOfTheTable()
    {
        var section = Section("{}", ("ROUTERS:0:SERVERS:0:PORT", "7474"), ("ROUTERS:0:SERVERS:0:DSTNAME", "/svc/web"), ("Routers:0:Client:ConnectTimeoutMs", "1500"));
        var reading = Read(section);
        Assert.Empty(reading.Errors.Select(static error => error.ToString()));
        Assert.Equal(7474, reading.Configuration!.Routers[0].Servers[0].Port);
        Assert.Equal(TimeSpan.FromMilliseconds(1500), reading.Configuration.Routers[0].Client.Global.ConnectTimeout);
    }

    [Fact]
    public void Read_ListWithMoreThanTenItems_IsInTheOrderOfTheNumbers()
    {
        var section = Section("{}", [.. Enumerable.Range(0, 12).SelectMany(static i => new[] { ($"routers:{i}:label", $"r{i}"), ($"routers:{i}:servers:0:port", $"{7000 + i}"), ($"routers:{i}:servers:0:dstName", "/svc/web") })]);
        Assert.Equal(Enumerable.Range(0, 12).Select(static i => $"r{i}"), Read(section).Configuration!.Routers.Select(static router => router.Label));
    }

    [Theory]
    [InlineData("routers[0].servers[1].port", "Proxies:web:routers:0:servers:1:port")]
    [InlineData("routers[0].client.tls.dnsName", "Proxies:web:routers:0:client:tls:dnsName")]
    [InlineData("", "Proxies:web")]
    public void KeyOf_Path_IsTheKeyOfTheConfiguration(string path, string key) =>
        Assert.Equal(key, SectionTree.KeyOf(new ConfigurationBuilder().Build().GetSection("Proxies:web"), path));

    private static ConfigurationReading Read(string json) => Read(Section(json));

    private static ConfigurationReading Read(IConfiguration section) => ConfigurationReading.Read(SectionTree.Read(section, Table.Root), "section", Table, static _ => null);

    private static IConfigurationRoot Section(string json, params (string Key, string Value)[] more) => new ConfigurationBuilder()
        .AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json)))
        .AddInMemoryCollection(more.Select(static one => KeyValuePair.Create(one.Key, (string?)one.Value)))
        .Build();
}
