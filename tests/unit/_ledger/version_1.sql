-- SPDX-License-Identifier: GPL-3.0-or-later
-- A ledger as version 1 wrote it, with rows in every table: made once by the code of then, and never again.
BEGIN TRANSACTION;
CREATE TABLE events (
	number INTEGER NOT NULL, 
	at TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	what TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	certificate TEXT, 
	details JSON NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "events" VALUES(1,'2026-11-23T12:00:00Z','cron','order_intended','a9e373e14f86f27401ed514d516f440eb7e1205960d9e506854911ce0d897dfe','www.example.jp','{"own_reference": "own www.example.jp", "account": "shop", "host": "web1", "action": "renewal", "names": ["www.example.jp", "example.jp"], "key_hash": "abababababababababababababababababababababababababababababababab"}');
INSERT INTO "events" VALUES(2,'2026-11-23T12:00:00Z','cron','order_placed','1a7f174eeda8096e83718bbc747c918fbefd3dc49602dd06cba0e53e477ba427','www.example.jp','{"own_reference": "own www.example.jp", "state": "open", "reference": "542772", "reason": ""}');
INSERT INTO "events" VALUES(3,'2026-11-23T12:00:00Z','cron','step_announced','43367d70814571ac4691b41c2fd16b648bb37187f59a9113cd7de6e9f07a0d56','www.example.jp','{"step": "payment", "role": "payer", "latest_by": "2026-12-03T12:00:00Z"}');
INSERT INTO "events" VALUES(4,'2026-11-23T12:00:00Z','cron','token_announced','f025ba34260bc7b9ac941aba11a377ffb6de401f8d0cdc39e0b8cb5cc516f8a6','www.example.jp','{"tokens": [{"host": "web1", "web_root": "/var/www/html", "name": "www.example.jp", "path": "/.well-known/pki-validation/fileauth.txt"}]}');
INSERT INTO "events" VALUES(5,'2026-11-25T12:00:00Z','cron','step_done','8705eb55b7ab1a60307c6a70dc0db2a0515dce4dbcc0755560a9c52138d77384','www.example.jp','{"step": "payment", "by": "sato", "note": "by transfer", "reference": "2026-1123"}');
INSERT INTO "events" VALUES(6,'2026-11-25T12:00:00Z','cron','token_published','42645512c6fa662e219473bcc33ac79862efc249cf87aa90f9084899585df808','www.example.jp','{"tokens": [{"host": "web1", "web_root": "/var/www/html", "name": "www.example.jp", "path": "/.well-known/pki-validation/fileauth.txt"}]}');
INSERT INTO "events" VALUES(7,'2026-11-25T12:00:00Z','cron','token_retracted','d0b3a30294ebbc3d71487dd0edafcf97838b84f137d23b8e6775fbd6a0b1eb4a','www.example.jp','{"tokens": [{"host": "web1", "web_root": "/var/www/html", "name": "www.example.jp", "path": "/.well-known/pki-validation/fileauth.txt"}]}');
INSERT INTO "events" VALUES(8,'2026-11-25T12:00:00Z','cron','certificate_collected','14401160fec04aa7d8ab8f076f9c592ca99f9c91219ad0d1eae7881bd999c36c','www.example.jp','{"own_reference": "own www.example.jp", "serial": "1f", "fingerprint": "fingerprint of 1f", "key_hash": "abababababababababababababababababababababababababababababababab", "not_before": "2026-11-25T12:00:00Z", "not_after": "2027-06-12T12:00:00Z"}');
INSERT INTO "events" VALUES(9,'2026-11-25T12:00:00Z','cron','order_closed','6916dd420eeb182268eadae4bfe6634e0bbf21fc92bf86796aebde839ba622fb','www.example.jp','{"own_reference": "own www.example.jp", "state": "issued", "reference": "542772", "reason": ""}');
INSERT INTO "events" VALUES(10,'2026-11-25T12:05:00Z','cron','certificate_installed','aa2965695323eb5296a8835ecd8e5df5a1338c87df08b236cd212b98c93ddd7b','www.example.jp','{"serial": "1f", "host": "web1"}');
INSERT INTO "events" VALUES(11,'2026-11-25T12:05:00Z','cron','order_intended','2258fd0b28b5b79ab0ac4b981106a26d252644856e66da45a9b0b3e6b5ab9b90','shop.example.jp','{"own_reference": "own shop.example.jp", "account": "shop", "host": "web1", "action": "renewal", "names": ["shop.example.jp", "example.jp"], "key_hash": "abababababababababababababababababababababababababababababababab"}');
INSERT INTO "events" VALUES(12,'2026-11-25T12:05:00Z','cron','order_placed','101758311092d2a2b58874bd7d840902f473cad4a4616ae7b4875b21a70c8005','shop.example.jp','{"own_reference": "own shop.example.jp", "state": "open", "reference": "542773", "reason": ""}');
INSERT INTO "events" VALUES(13,'2026-11-25T12:05:00Z','cron','step_announced','c7314705236845612083766d8ab9e4811b177b808c11e5903308e6d7e20b30cc','shop.example.jp','{"step": "phone_confirmation", "role": "payer", "latest_by": "2026-12-05T12:05:00Z"}');
INSERT INTO "events" VALUES(14,'2026-11-25T12:05:00Z','cron','token_announced','4a5c52761d1d509e9dc8301d7ff9f48ee774c7e1093a4f9c193fefc6226ec992','shop.example.jp','{"tokens": [{"host": "web1", "web_root": "/var/www/html", "name": "shop.example.jp", "path": "/.well-known/pki-validation/fileauth.txt"}]}');
INSERT INTO "events" VALUES(15,'2026-11-25T12:05:00Z','cron','token_published','570fba1a141197cca906bc5f797d09f82d75d09084233969d9aa3fa579db4c3d','shop.example.jp','{"tokens": [{"host": "web1", "web_root": "/var/www/html", "name": "shop.example.jp", "path": "/.well-known/pki-validation/fileauth.txt"}]}');
INSERT INTO "events" VALUES(16,'2026-11-25T12:05:00Z','cron','order_intended','e528f129ee316e185d5155cfb8a770ec054f5faea962189461b803fee1758b00','old.example.jp','{"own_reference": "own old.example.jp", "account": "second", "host": "web2", "action": "renewal", "names": ["old.example.jp", "example.jp"], "key_hash": "abababababababababababababababababababababababababababababababab"}');
INSERT INTO "events" VALUES(17,'2026-11-25T12:05:00Z','cron','order_placed','356a64bacc4e94460266dc1d66e6373b8ffc4eab896f814f5c273e7eae747e73','old.example.jp','{"own_reference": "own old.example.jp", "state": "open", "reference": "542774", "reason": ""}');
INSERT INTO "events" VALUES(18,'2026-11-25T12:05:00Z','cron','step_announced','253c1bd101c08ce08c6d0b88dcbe03663cd9f71157d4450f7fd32025f9e6bb08','old.example.jp','{"step": "payment", "role": "payer", "latest_by": "2026-12-05T12:05:00Z"}');
INSERT INTO "events" VALUES(19,'2026-11-25T12:05:00Z','cron','order_closed','f33dcaaa8e8318688c6e4f3dcde0bdd1771e5e16d20f5881dae53794c0bd8f7c','old.example.jp','{"own_reference": "own old.example.jp", "state": "cancelled", "reference": "542774", "reason": "given up"}');
INSERT INTO "events" VALUES(20,'2026-11-25T12:05:00Z','cron','step_withdrawn','598ad9a7f3ba37053c32a88dd9108f8d22c658b14e6e74b88016f5954ab5580a','old.example.jp','{"step": "payment", "reason": "cancelled"}');
CREATE TABLE human_steps (
	own_reference TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	certificate TEXT NOT NULL, 
	state TEXT NOT NULL, 
	role TEXT NOT NULL, 
	since TEXT NOT NULL, 
	note TEXT NOT NULL, 
	reference TEXT NOT NULL, 
	latest_by TEXT, 
	done_at TEXT, 
	done_by TEXT, 
	PRIMARY KEY (own_reference, kind), 
	FOREIGN KEY(own_reference) REFERENCES orders (own_reference)
);
INSERT INTO "human_steps" VALUES('own www.example.jp','payment','www.example.jp','done','payer','2026-11-23T12:00:00Z','by transfer','2026-1123','2026-12-03T12:00:00Z','2026-11-25T12:00:00Z','sato');
INSERT INTO "human_steps" VALUES('own shop.example.jp','phone_confirmation','shop.example.jp','open','payer','2026-11-25T12:05:00Z','','','2026-12-05T12:05:00Z',NULL,NULL);
INSERT INTO "human_steps" VALUES('own old.example.jp','payment','old.example.jp','withdrawn','payer','2026-11-25T12:05:00Z','','','2026-12-05T12:05:00Z',NULL,NULL);
CREATE TABLE installations (
	fingerprint TEXT NOT NULL, 
	host TEXT NOT NULL, 
	installed_at TEXT NOT NULL, 
	PRIMARY KEY (fingerprint, host), 
	FOREIGN KEY(fingerprint) REFERENCES issues (fingerprint)
);
INSERT INTO "installations" VALUES('fingerprint of 1f','web1','2026-11-25T12:05:00Z');
CREATE TABLE issues (
	fingerprint TEXT NOT NULL, 
	certificate TEXT NOT NULL, 
	own_reference TEXT NOT NULL, 
	host TEXT NOT NULL, 
	key_hash TEXT NOT NULL, 
	serial TEXT NOT NULL, 
	not_before TEXT NOT NULL, 
	not_after TEXT NOT NULL, 
	collected_at TEXT NOT NULL, 
	names JSON NOT NULL, 
	chain JSON NOT NULL, 
	PRIMARY KEY (fingerprint), 
	FOREIGN KEY(own_reference) REFERENCES orders (own_reference)
);
INSERT INTO "issues" VALUES('fingerprint of 1f','www.example.jp','own www.example.jp','web1','abababababababababababababababababababababababababababababababab','1f','2026-11-25T12:00:00Z','2027-06-12T12:00:00Z','2026-11-25T12:00:00Z','["www.example.jp", "example.jp"]','["leaf\n", "intermediate\n"]');
CREATE TABLE leases (
	certificate TEXT NOT NULL, 
	run TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	host TEXT NOT NULL, 
	boot_id TEXT NOT NULL, 
	pid_namespace TEXT NOT NULL, 
	started TEXT NOT NULL, 
	since TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	PRIMARY KEY (certificate)
);
INSERT INTO "leases" VALUES('shop.example.jp','0123456789abcdef0123456789abcdef','cron','control.example.jp','00000000-0000-0000-0000-000000000001','pid:[1]','1','2026-11-25T12:05:00Z','2026-11-25T12:07:00Z',4242);
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('version','1');
CREATE TABLE orders (
	number INTEGER NOT NULL, 
	own_reference TEXT NOT NULL, 
	certificate TEXT NOT NULL, 
	account TEXT NOT NULL, 
	host TEXT NOT NULL, 
	action TEXT NOT NULL, 
	state TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	updated_at TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	reference TEXT, 
	application JSON NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (own_reference)
);
INSERT INTO "orders" VALUES(1,'own www.example.jp','www.example.jp','shop','web1','renewal','issued','2026-11-23T12:00:00Z','2026-11-25T12:00:00Z','','542772','{"own_reference": "own www.example.jp", "certificate": "www.example.jp", "common_name": "www.example.jp", "additional_names": ["example.jp"], "organization": {"name": "example", "address": {"legal_name": "Example Corporation", "street_address": "1-2-3 Marunouchi", "locality": "Chiyoda-ku", "state": "Tokyo", "postal_code": "100-0005", "country": "JP", "telephone": "+81-3-1234-5678"}, "local_name": "\u682a\u5f0f\u4f1a\u793e\u30a8\u30b0\u30b6\u30f3\u30d7\u30eb", "records": [], "contacts": {"responsible": null, "technical": null, "requester": null, "approver": null, "payer": null}}, "methods": [["www.example.jp", "file"], ["example.jp", "dns"]], "action": "renewal", "csr": "-----BEGIN CERTIFICATE REQUEST-----\n", "key_hash": "abababababababababababababababababababababababababababababababab", "product": null, "responsible": null}');
INSERT INTO "orders" VALUES(2,'own shop.example.jp','shop.example.jp','shop','web1','renewal','open','2026-11-25T12:05:00Z','2026-11-25T12:05:00Z','','542773','{"own_reference": "own shop.example.jp", "certificate": "shop.example.jp", "common_name": "shop.example.jp", "additional_names": ["example.jp"], "organization": {"name": "example", "address": {"legal_name": "Example Corporation", "street_address": "1-2-3 Marunouchi", "locality": "Chiyoda-ku", "state": "Tokyo", "postal_code": "100-0005", "country": "JP", "telephone": "+81-3-1234-5678"}, "local_name": "\u682a\u5f0f\u4f1a\u793e\u30a8\u30b0\u30b6\u30f3\u30d7\u30eb", "records": [], "contacts": {"responsible": null, "technical": null, "requester": null, "approver": null, "payer": null}}, "methods": [["shop.example.jp", "file"], ["example.jp", "dns"]], "action": "renewal", "csr": "-----BEGIN CERTIFICATE REQUEST-----\n", "key_hash": "abababababababababababababababababababababababababababababababab", "product": null, "responsible": null}');
INSERT INTO "orders" VALUES(3,'own old.example.jp','old.example.jp','second','web2','renewal','cancelled','2026-11-25T12:05:00Z','2026-11-25T12:05:00Z','given up','542774','{"own_reference": "own old.example.jp", "certificate": "old.example.jp", "common_name": "old.example.jp", "additional_names": ["example.jp"], "organization": {"name": "example", "address": {"legal_name": "Example Corporation", "street_address": "1-2-3 Marunouchi", "locality": "Chiyoda-ku", "state": "Tokyo", "postal_code": "100-0005", "country": "JP", "telephone": "+81-3-1234-5678"}, "local_name": "\u682a\u5f0f\u4f1a\u793e\u30a8\u30b0\u30b6\u30f3\u30d7\u30eb", "records": [], "contacts": {"responsible": null, "technical": null, "requester": null, "approver": null, "payer": null}}, "methods": [["old.example.jp", "file"], ["example.jp", "dns"]], "action": "renewal", "csr": "-----BEGIN CERTIFICATE REQUEST-----\n", "key_hash": "abababababababababababababababababababababababababababababababab", "product": null, "responsible": null}');
CREATE TABLE placements (
	own_reference TEXT NOT NULL, 
	host TEXT NOT NULL, 
	web_root TEXT NOT NULL, 
	name TEXT NOT NULL, 
	path TEXT NOT NULL, 
	content TEXT NOT NULL, 
	certificate TEXT NOT NULL, 
	published_at TEXT, 
	retracted_at TEXT, 
	PRIMARY KEY (own_reference, host, web_root, name, path, content), 
	FOREIGN KEY(own_reference) REFERENCES orders (own_reference)
);
INSERT INTO "placements" VALUES('own www.example.jp','web1','/var/www/html','www.example.jp','/.well-known/pki-validation/fileauth.txt','token','www.example.jp','2026-11-25T12:00:00Z','2026-11-25T12:00:00Z');
INSERT INTO "placements" VALUES('own shop.example.jp','web1','/var/www/html','shop.example.jp','/.well-known/pki-validation/fileauth.txt','token','shop.example.jp','2026-11-25T12:05:00Z',NULL);
CREATE INDEX orders_of_certificate ON orders (certificate);
CREATE UNIQUE INDEX one_open_order ON orders (certificate) WHERE state IN ('intended', 'open');
CREATE INDEX issues_of_certificate ON issues (certificate);
CREATE TRIGGER events_no_UPDATE BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_no_DELETE BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
COMMIT;
