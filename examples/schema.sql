-- sqlite3 callers.sqlite < schema.sql, mysql pbx < schema.sql, or psql -f schema.sql pbx
CREATE TABLE callers (number VARCHAR(32) PRIMARY KEY, name VARCHAR(80) NOT NULL);
CREATE TABLE routes (number VARCHAR(32) PRIMARY KEY, destination VARCHAR(120) NOT NULL, next VARCHAR(32));

INSERT INTO callers VALUES ('5551234', 'Jo "Jay" Do'), ('5555678', 'Zoë');
INSERT INTO routes VALUES ('100', 'PJSIP/alice', '200'), ('200', 'PJSIP/bob', NULL);
