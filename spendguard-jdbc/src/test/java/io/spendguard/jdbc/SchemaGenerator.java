package io.spendguard.jdbc;

import io.spendguard.test.EmbeddedPostgres;
import org.jooq.codegen.GenerationTool;
import org.jooq.meta.jaxb.Configuration;
import org.jooq.meta.jaxb.Database;
import org.jooq.meta.jaxb.ForcedType;
import org.jooq.meta.jaxb.Generate;
import org.jooq.meta.jaxb.GeneratedSerialVersionUID;
import org.jooq.meta.jaxb.Generator;
import org.jooq.meta.jaxb.Jdbc;
import org.jooq.meta.jaxb.Logging;
import org.jooq.meta.jaxb.Target;

/** Makes the schema classes of a migrated database: what {@link SchemaClassesTest} runs in a JVM of its own. */
final class SchemaGenerator {
    private SchemaGenerator() {}

    /** Takes the database's URL, the classes' package and the folder to write them to. */
    public static void main(String[] args) throws Exception {
        generate(args[0], args[1], args[2]);
    }

    private static void generate(String url, String packageName, String folder) throws Exception {
        GenerationTool.generate(new Configuration()
                .withLogging(Logging.WARN)
                .withJdbc(new Jdbc()
                        .withDriver("org.postgresql.Driver")
                        .withUrl(url)
                        .withUser(EmbeddedPostgres.ADMIN)
                        .withPassword(EmbeddedPostgres.PASSWORD))
                .withGenerator(new Generator()
                        .withDatabase(new Database()
                                .withName("org.jooq.meta.postgres.PostgresDatabase")
                                .withInputSchema("spendguard")
                                .withOutputSchemaToDefault(false)
                                .withIncludeTriggerRoutines(false)
                                .withIncludeCheckConstraints(false)
                                // The array call is plain JDBC: jOOQ would inline each array's cast.
                                .withExcludes("post|schema_history")
                                .withForcedTypes(
                                        new ForcedType().withName("INSTANT").withIncludeTypes("(?i:TIMESTAMP.*)")))
                        .withGenerate(new Generate()
                                .withGeneratedAnnotation(false)
                                .withGeneratedSerialVersionUID(GeneratedSerialVersionUID.CONSTANT)
                                .withJooqVersionReference(false)
                                .withRecords(false)
                                .withIndexes(false)
                                .withImplicitJoinPathsToOne(false)
                                .withImplicitJoinPathsToMany(false)
                                .withWhereMethodOverrides(false)
                                .withComments(true))
                        .withTarget(new Target().withPackageName(packageName).withDirectory(folder))));
    }
}
