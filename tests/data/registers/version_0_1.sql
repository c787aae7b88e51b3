BEGIN TRANSACTION;
CREATE TABLE account (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	email VARCHAR(320) NOT NULL, 
	keycloak_id VARCHAR(64), 
	written VARCHAR(64), 
	intended VARCHAR(64), 
	CONSTRAINT uq_account_email UNIQUE (email), 
	CONSTRAINT uq_account_keycloak_id UNIQUE (keycloak_id)
);
INSERT INTO "account" VALUES(1,'mailed@agglo-lys.example','id-1','0000000000000000000000000000000000000000000000000000000000000000',NULL);
INSERT INTO "account" VALUES(2,'owed@agglo-lys.example','id-2','0000000000000000000000000000000000000000000000000000000000000000',NULL);
INSERT INTO "account" VALUES(3,'both@agglo-lys.example','id-3','0000000000000000000000000000000000000000000000000000000000000000',NULL);
INSERT INTO "account" VALUES(4,'returned@agglo-lys.example','id-4','0000000000000000000000000000000000000000000000000000000000000000',NULL);
INSERT INTO "account" VALUES(5,'planned@agglo-lys.example','id-5','0000000000000000000000000000000000000000000000000000000000000000',NULL);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE annexe (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	partner VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	file_name TEXT NOT NULL, 
	content BLOB NOT NULL, 
	transmitted_on DATE, 
	received_on DATE NOT NULL, 
	submitted_at VARCHAR(32) NOT NULL, 
	approved_at VARCHAR(32), 
	approved_by TEXT, 
	plan_id VARCHAR(8), 
	decisions TEXT, 
	applied_at VARCHAR(32), 
	rejected_at VARCHAR(32), 
	rejected_by TEXT, 
	reason TEXT, 
	CONSTRAINT fk_annexe_partner FOREIGN KEY(partner) REFERENCES partner (code), 
	CONSTRAINT uq_annexe_partner_sha256 UNIQUE (partner, sha256)
);
INSERT INTO "annexe" VALUES(1,'agglo-lys','1111111111111111111111111111111111111111111111111111111111111111','annexe.csv',X'636F6E74656E75','2026-06-15','2026-06-16','2026-05-16T08:00:00.000000+00:00','2026-06-16T08:00:00.000000+00:00','Claire Martin','00000000','{"close": [], "keep": ["all"], "waive": {"1": "Mission"}}','2026-07-16T08:00:00.000000+00:00',NULL,NULL,NULL);
CREATE TABLE habilitation (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	partner VARCHAR(64) NOT NULL, 
	account INTEGER NOT NULL, 
	last_name TEXT NOT NULL, 
	first_names TEXT NOT NULL, 
	function TEXT NOT NULL, 
	requested_on DATE NOT NULL, 
	transmitted_on DATE NOT NULL, 
	opened_at VARCHAR(32), 
	ended_on DATE, 
	end_rule VARCHAR(8), 
	end_transmitted_on DATE, 
	end_recorded_on DATE, 
	closed_at VARCHAR(32), 
	waived TEXT NOT NULL, 
	CONSTRAINT fk_habilitation_account FOREIGN KEY(account) REFERENCES account (id), 
	CONSTRAINT fk_habilitation_partner FOREIGN KEY(partner) REFERENCES partner (code)
);
INSERT INTO "habilitation" VALUES(1,'agglo-lys',1,'Mailed','Camille','agent','2026-06-10','2026-06-15','2026-06-16T08:00:00.000000+00:00',NULL,NULL,NULL,NULL,NULL,'email-domain');
INSERT INTO "habilitation" VALUES(2,'agglo-lys',2,'Owed','Camille','agent','2026-06-10','2026-06-15','2026-06-16T08:00:00.000000+00:00',NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "habilitation" VALUES(3,'agglo-lys',3,'Both','Camille','agent','2026-06-10','2026-06-15','2026-06-16T08:00:00.000000+00:00',NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "habilitation" VALUES(4,'sivom',3,'Both','Camille','agent','2026-06-10','2026-06-15','2026-07-16T08:00:00.000000+00:00',NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "habilitation" VALUES(5,'agglo-lys',4,'Returned','Camille','agent','2026-06-10','2026-06-15','2026-05-16T08:00:00.000000+00:00','2026-06-15','A3',NULL,'2026-06-15','2026-06-16T08:00:00.000000+00:00','');
INSERT INTO "habilitation" VALUES(6,'agglo-lys',4,'Returned','Camille','agent','2026-06-10','2026-06-15','2026-07-16T08:00:00.000000+00:00',NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "habilitation" VALUES(7,'agglo-lys',5,'Planned','Camille','agent','2026-06-10','2026-06-15',NULL,NULL,NULL,NULL,NULL,NULL,'');
INSERT INTO "habilitation" VALUES(8,'sivom',1,'Mailed','Camille','agent','2026-06-10','2026-06-15','2026-06-16T08:00:00.000000+00:00','2026-06-15','A3',NULL,'2026-06-15','2026-08-16T08:00:00.000000+00:00','');
CREATE TABLE hold (
	id INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	partner VARCHAR(64), 
	account INTEGER, 
	reason TEXT NOT NULL, 
	plan_id VARCHAR(8), 
	covers TEXT NOT NULL, 
	since VARCHAR(32) NOT NULL, 
	until DATE, 
	released_at VARCHAR(32), 
	released_by TEXT, 
	release_reason TEXT, 
	CONSTRAINT pk_hold PRIMARY KEY (id), 
	CONSTRAINT fk_hold_account FOREIGN KEY(account) REFERENCES account (id), 
	CONSTRAINT fk_hold_partner FOREIGN KEY(partner) REFERENCES partner (code)
);
INSERT INTO "hold" VALUES(1,'pause','sivom',NULL,'essai',NULL,'[]','2026-05-16T08:00:00.000000+00:00',NULL,'2026-07-16T08:00:00.000000+00:00',NULL,NULL);
INSERT INTO "hold" VALUES(2,'pause','sivom',NULL,'essai',NULL,'[]','2026-06-16T08:00:00.000000+00:00',NULL,NULL,NULL,NULL);
CREATE TABLE invitation (
	id INTEGER NOT NULL, 
	habilitation INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	tries INTEGER NOT NULL, 
	intended_at VARCHAR(32) NOT NULL, 
	keycloak_time VARCHAR(32) NOT NULL, 
	lifespan_seconds INTEGER NOT NULL, 
	sent_at VARCHAR(32), 
	failed_at VARCHAR(32), 
	CONSTRAINT pk_invitation PRIMARY KEY (id), 
	CONSTRAINT fk_invitation_habilitation FOREIGN KEY(habilitation) REFERENCES habilitation (id), 
	CONSTRAINT uq_invitation_habilitation_attempt UNIQUE (habilitation, attempt)
);
INSERT INTO "invitation" VALUES(1,1,1,1,'2026-06-16T08:00:00.000000+00:00','2026-06-16T08:00:00.000000+00:00',86400,'2026-06-16T08:00:00.000000+00:00',NULL);
INSERT INTO "invitation" VALUES(2,3,1,1,'2026-06-16T08:00:00.000000+00:00','2026-06-16T08:00:00.000000+00:00',86400,'2026-06-16T08:00:00.000000+00:00',NULL);
INSERT INTO "invitation" VALUES(3,5,1,1,'2026-05-16T08:00:00.000000+00:00','2026-05-16T08:00:00.000000+00:00',86400,'2026-05-16T08:00:00.000000+00:00',NULL);
INSERT INTO "invitation" VALUES(4,6,1,1,'2026-07-16T08:00:00.000000+00:00','2026-07-16T08:00:00.000000+00:00',86400,'2026-07-16T08:00:00.000000+00:00',NULL);
CREATE TABLE journal_detail (
	entry INTEGER NOT NULL, 
	salt VARCHAR(64) NOT NULL, 
	habilitation INTEGER, 
	data TEXT NOT NULL, 
	CONSTRAINT pk_journal_detail PRIMARY KEY (entry), 
	CONSTRAINT fk_journal_detail_entry FOREIGN KEY(entry) REFERENCES journal_entry (entry)
);
INSERT INTO "journal_detail" VALUES(1,'00000000000000000000000000000000',NULL,'{"annexe":1,"annexe_sha256":"1111111111111111111111111111111111111111111111111111111111111111","by":"Claire Martin"}');
INSERT INTO "journal_detail" VALUES(2,'00000000000000000000000000000000',NULL,'{"annexe":1,"by":"Claire Martin","plan":"11111111"}');
INSERT INTO "journal_detail" VALUES(3,'00000000000000000000000000000000',NULL,'{"annexe":1,"by":"Claire Martin","plan":"00000000"}');
INSERT INTO "journal_detail" VALUES(4,'00000000000000000000000000000000',NULL,'{"annexe":1,"by":"Claire Martin","plan":"22222222"}');
CREATE TABLE journal_entry (
	entry INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	previous VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_journal_entry PRIMARY KEY (entry), 
	CONSTRAINT uq_journal_entry_previous UNIQUE (previous), 
	CONSTRAINT uq_journal_entry_sha256 UNIQUE (sha256)
);
INSERT INTO "journal_entry" VALUES(1,'{"action":"annexe.submitted","at":"2026-06-16T08:00:00.000000+00:00","by":"Claire Martin","details":"04c23e0d196b5c257fe3e998a2d057184a8dc6edb45afd99b00d71c767893f43","entry":1,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":null}','0000000000000000000000000000000000000000000000000000000000000000','a29481706a7e2b3e130ecbe7126dadb683a52e6eeecc4f7c8da95f5872acf9ce');
INSERT INTO "journal_entry" VALUES(2,'{"action":"annexe.approved","at":"2026-06-16T08:00:00.000000+00:00","by":"Claire Martin","details":"604d3dbbc0af13864b0326dfafae1bfcfd839b33468a9afe4dcdaa19d101f333","entry":2,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":null}','a29481706a7e2b3e130ecbe7126dadb683a52e6eeecc4f7c8da95f5872acf9ce','1a8c565a1e225a395b35df669994ebf3d559c95f00cd6b4bc0e7234ff5f81dd2');
INSERT INTO "journal_entry" VALUES(3,'{"action":"annexe.approved","at":"2026-06-16T08:00:00.000000+00:00","by":"Claire Martin","details":"d3be3040edc0d699624790fd84a7f6a258ff7a96432611fc55d452b79d8653d3","entry":3,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":null}','1a8c565a1e225a395b35df669994ebf3d559c95f00cd6b4bc0e7234ff5f81dd2','789f555349b543e1e3b052b4002f8fab61039c4fb02f39ec053f9b43861ca8ff');
INSERT INTO "journal_entry" VALUES(4,'{"action":"annexe.closures_approved","at":"2026-06-16T08:00:00.000000+00:00","by":"Claire Martin","details":"7d791e19184fc826843a315f12d54643db7d6d5c55608a7201ecabb3d8f006ed","entry":4,"habilitation":null,"host":"poste","os_user":"claire","partner":"agglo-lys","rule":null}','789f555349b543e1e3b052b4002f8fab61039c4fb02f39ec053f9b43861ca8ff','6ea948dc547d73ad20891cee726991a426d45229dba206308bc11a0696ed71c9');
CREATE TABLE mark (
	name VARCHAR(64) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_mark PRIMARY KEY (name)
);
INSERT INTO "mark" VALUES('realm_id','00000000-0000-4000-8000-000000000000');
CREATE TABLE partner (
	code VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	signed_on DATE, 
	ctg_end DATE NOT NULL, 
	ends_on DATE, 
	end_reason TEXT, 
	group_id VARCHAR(64), 
	CONSTRAINT pk_partner PRIMARY KEY (code)
);
INSERT INTO "partner" VALUES('agglo-lys','Agglo Lys','2026-05-02','2030-12-31',NULL,NULL,NULL);
INSERT INTO "partner" VALUES('sivom','SIVOM','2026-05-02','2030-12-31',NULL,NULL,NULL);
CREATE TABLE partner_domain (
	partner VARCHAR(64) NOT NULL, 
	domain VARCHAR(255) NOT NULL, 
	CONSTRAINT pk_partner_domain PRIMARY KEY (partner, domain), 
	CONSTRAINT fk_partner_domain_partner FOREIGN KEY(partner) REFERENCES partner (code)
);
INSERT INTO "partner_domain" VALUES('agglo-lys','agglo-lys.example');
INSERT INTO "partner_domain" VALUES('agglo-lys','xn--vian-9oa.example');
INSERT INTO "partner_domain" VALUES('sivom','évian.example');
INSERT INTO "partner_domain" VALUES('sivom','xn--vian-9oa.example');
INSERT INTO "partner_domain" VALUES('sivom','not a domain');
CREATE UNIQUE INDEX uq_habilitation_open ON habilitation (partner, account) WHERE closed_at IS NULL AND opened_at IS NOT NULL;
CREATE UNIQUE INDEX uq_habilitation_planned ON habilitation (partner, account) WHERE closed_at IS NULL AND opened_at IS NULL;
CREATE INDEX ix_journal_detail_habilitation ON journal_detail (habilitation);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('account',5);
INSERT INTO "sqlite_sequence" VALUES('habilitation',8);
INSERT INTO "sqlite_sequence" VALUES('annexe',1);
COMMIT;
